<?php

// The people of three schools. The attributes are those that Entree asks of a school, and more: what a service must not get.
function of_school(string $brin, string $school, array $person): array
{
    return array_merge([
        'eduPersonAffiliation' => ['student'],
        'nlEduPersonHomeOrganizationId' => [$brin],
        'nlEduPersonHomeOrganization' => [$school],
    ], $person);
}

function eck_id(string $account): array
{
    return ['https://ketenid.nl/pilot/' . hash('sha512', $account)];
}

$config = [
    'people' => [
        'exampleauth:UserPass',
        'kim:kim' => of_school('99XA', 'De Regenboog', [
            'uid' => ['kim@regenboog'],
            'eckId' => eck_id('kim'),
            'givenName' => ['Kim'],
            'sn' => ['Voorbeeld'],
            'mail' => ['kim@regenboog.example'],
            'employeeNumber' => ['1001'],
            'nlEduPersonRealId' => ['kim-real'],
            'nlEduPersonProfileId' => ['kim-profile'],
            'nlEduPersonUnit' => ['groep 7', 'plusgroep'],
            'telephoneNumber' => ['555'],
        ]),
        // not yet known to Nummervoorziening
        'sam:sam' => of_school('99XA', 'De Regenboog', [
            'uid' => ['sam@regenboog'],
            'givenName' => ['Sam'],
            'sn' => ['Voorbeeld'],
            'nlEduPersonRealId' => ['sam-real'],
        ]),
        // of a school that agreed to nothing
        'noor:noor' => of_school('99XB', 'Petteflat', [
            'uid' => ['noor@petteflat'],
            'eckId' => eck_id('noor'),
            'givenName' => ['Noor'],
        ]),
        'mo:mo' => of_school('99XC', 'Zonnebloem', [
            'uid' => ['mo@zonnebloem'],
            'eckId' => eck_id('mo'),
            'givenName' => ['Mo'],
        ]),
    ],
    'gateway' => [
        'saml:SP',
        'entityID' => getenv('PEER_BASE') . '/module.php/saml/sp/metadata.php/gateway',
        'idp' => getenv('PEER_IDP'),
        'privatekey' => 'key.pem',
        'certificate' => 'certificate.pem',
        'sign.authnrequest' => true,
        'WantAssertionsSigned' => true,
        'NameIDPolicy' => ['Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient', 'AllowCreate' => true],
    ],
];
