<?php

// Router of PHP's own server: the pages of SimpleSAMLphp, and one page of an application that uses it.
if (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) !== '/me') {
    return false;
}

require '/usr/share/simplesamlphp/www/_include.php';

use SimpleSAML\Auth\Simple;
use SimpleSAML\Auth\State;

header('Content-Type: application/json');
if (isset($_REQUEST[State::EXCEPTION_PARAM])) {
    $error = State::loadExceptionState()[State::EXCEPTION_DATA];
    http_response_code(403);
    echo json_encode(['error' => $error->getMessage()]);
    return true;
}

$me = getenv('PEER_BASE') . '/me';
$login = new Simple('gateway');
$login->requireAuth([
    'ReturnTo' => $me,
    'ErrorURL' => $me,
    'ForceAuthn' => isset($_REQUEST['force']),
    'isPassive' => isset($_REQUEST['passive']),
]);
$nameId = $login->getAuthData('saml:sp:NameID');
echo json_encode([
    'idp' => $login->getAuthData('saml:sp:IdP'),
    'nameID' => $nameId->getValue(),
    'nameIDFormat' => $nameId->getFormat(),
    'attributes' => $login->getAttributes(),
]);
return true;
