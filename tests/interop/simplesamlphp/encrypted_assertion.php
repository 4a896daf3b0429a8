<?php

// SimpleSAMLphp's own class encrypts in AES-128-CBC and nothing else, though the library beneath it, xmlseclibs, knows
// more. This one stands in for it while PEER_DIR/ciphers names a content algorithm and a key transport, on a line each.

namespace SAML2;

use DOMElement;
use DOMNode;
use RobRichards\XMLSecLibs\XMLSecEnc;
use RobRichards\XMLSecLibs\XMLSecurityKey;

class EncryptedAssertion
{
    private $encryptedData;

    public function setAssertion(Assertion $assertion, XMLSecurityKey $key): void
    {
        [$content, $transport] = file(getenv('PEER_DIR') . '/ciphers', FILE_IGNORE_NEW_LINES);
        $wrapping = new XMLSecurityKey($transport, ['type' => 'public']);
        $wrapping->loadKey($key->key === null ? '' : openssl_pkey_get_details($key->key)['key']);
        $session = new XMLSecurityKey($content);
        $session->generateSessionKey();
        $encryption = new XMLSecEnc();
        $encryption->setNode($assertion->toXML());
        $encryption->type = XMLSecEnc::Element;
        $encryption->encryptKey($wrapping, $session);
        $this->encryptedData = $encryption->encryptNode($session);
    }

    public function toXML(?DOMNode $parent = null): DOMElement
    {
        $document = $parent === null ? DOMDocumentFactory::create() : $parent->ownerDocument;
        $around = $document->createElementNS(Constants::NS_SAML, 'saml:EncryptedAssertion');
        ($parent ?? $document)->appendChild($around);
        $around->appendChild($document->importNode($this->encryptedData, true));
        return $around;
    }
}
