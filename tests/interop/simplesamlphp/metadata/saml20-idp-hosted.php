<?php

$metadata[getenv('PEER_BASE') . '/saml2/idp/metadata.php'] = [
    'host' => '__DEFAULT__',
    'auth' => 'people',
    'privatekey' => 'key.pem',
    'certificate' => 'certificate.pem',
    'SingleSignOnServiceBinding' => 'urn:oasis:names:tc:SAML:2.0:bindings:' . getenv('PEER_BINDING'),
    'saml20.sign.response' => getenv('PEER_SIGNS') === 'both',
    'validate.authnrequest' => true,
    'redirect.validate' => true,
    'sign.logout' => true,
    'redirect.sign' => true,
    'assertion.encryption' => getenv('PEER_SIGNS') === 'both' || is_file(getenv('PEER_DIR') . '/ciphers'),
    'authproc' => [],
];
