<?php

// What differs from test to test comes by the environment: PEER_BASE (its address), PEER_DIR (a directory of its own,
// with key.pem and certificate.pem) and PEER_ROLE: idp, with PEER_BINDING (HTTP-Redirect or HTTP-POST) and PEER_SIGNS
// (both or assertion), or sp, with PEER_IDP (an entity id). The other side's metadata, once known, is PEER_DIR/remote.xml,
// and SimpleSAMLphp reads it by itself.
$directory = getenv('PEER_DIR') . '/';
$remote = $directory . 'remote.xml';
if (is_file($directory . 'ciphers')) {
    require_once __DIR__ . '/encrypted_assertion.php';
}

$config = [
    'baseurlpath' => getenv('PEER_BASE') . '/',
    'certdir' => $directory,
    'loggingdir' => $directory,
    'datadir' => $directory,
    'tempdir' => $directory,
    'metadatadir' => __DIR__ . '/metadata/',
    'attributenamemapdir' => '/etc/simplesamlphp/attributemap/',
    'technicalcontact_name' => 'Test',
    'technicalcontact_email' => 'test@peer.example',
    'timezone' => 'Europe/Amsterdam',
    'secretsalt' => 'only for tests',
    'auth.adminpassword' => 'only for tests',
    'admin.checkforupdates' => false,
    'errorreporting' => false,
    'trusted.url.domains' => null,
    'logging.level' => SimpleSAML\Logger::DEBUG,
    'logging.handler' => 'file',
    'logging.logfile' => 'simplesamlphp.log',
    'debug' => ['saml' => false, 'backtraces' => true, 'validatexml' => false],
    'enable.saml20-idp' => getenv('PEER_ROLE') === 'idp',
    'module.enable' => ['core' => true, 'saml' => true, 'exampleauth' => true],
    'store.type' => 'phpsession',
    'session.phpsession.savepath' => $directory,
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'language.cookie.secure' => false,
    'language.cookie.samesite' => null,
    'language.default' => 'en',
    'metadata.sources' => array_merge(
        [['type' => 'flatfile']],
        is_file($remote) ? [['type' => 'xml', 'file' => $remote]] : []
    ),
];
