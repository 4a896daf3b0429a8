<?php

// php verify.php METADATA CERTIFICATE: says whether SimpleSAMLphp accepts the signature of a metadata document.
require '/usr/share/simplesamlphp/www/_include.php';

use SimpleSAML\Metadata\SAMLParser;

[, $document, $certificate] = $argv;
echo SAMLParser::parseFile($document)->validateSignature([$certificate]) ? 'accepted' : 'refused';
