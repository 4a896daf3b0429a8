<?php

$metadata[getenv('PEER_BASE') . '/saml2/idp/metadata.php'] = [
    'host' => '__DEFAULT__',
    'auth' => 'people',
    'privatekey' => 'key.pem',
    'certificate' => 'certificate.pem',
    'validate.authnrequest' => true,
    'redirect.validate' => true,
    'authproc' => [],
];
