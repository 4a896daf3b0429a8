"""The keys of a new gateway, and those that a configuration names and lacks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding

from gateway.cli.key_material import KeyKind, PrivateKey, fresh_secret, private_pem, self_signed, write_secret
from gateway.domain.clock import Clock, SystemClock
from gateway.domain.key_ring import KeyState
from gateway.settings.key_references import KeyReference, TokenReference
from gateway.settings.keys_file import write_keys_file
from gateway.settings.loader import Settings
from gateway.settings.models.keys import KeyEntry, Keys, OidcKey, SamlKey, SymmetricKey

_BY_ALGORITHM = {"ES256": KeyKind.P_256, "ES384": KeyKind.P_384}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What keys to make: RSA of this kind, but of `saml` for SAML signing; certificates are of `host`."""

    host: str
    rsa: KeyKind
    saml: KeyKind

    def kind(self, ring: str, entry: KeyEntry) -> KeyKind:
        """The kind of key for an entry: that of its algorithm, or of its ring."""
        if isinstance(entry, OidcKey):
            return _BY_ALGORITHM.get(entry.algorithm, self.rsa)
        return self.saml if ring == "saml_signing" else self.rsa


def write_keys(directory: Path, wanted: Wanted, *, clock: Clock) -> None:
    """Write `keys.yaml` and all keys in it. Raises FileExistsError rather than write over one.

    Two for SAML signing with certificates of three years (in use, and next), and one in use of every other kind.
    """
    keys = first_keys(clock.now())
    write_keys_file(directory, keys)
    list(_missing(directory, keys, wanted, clock))


def first_keys(now: datetime) -> Keys:
    """The entries that a new gateway begins with."""
    since = now.astimezone(UTC).replace(microsecond=0)

    def saml(key_id: str, state: KeyState, file: str) -> SamlKey:
        key = KeyReference(file=f"keys/{file}.key")
        return SamlKey(id=key_id, state=state, since=since, key=key, certificate=f"keys/{file}.crt")

    def oidc(key_id: str, algorithm: str, file: str) -> OidcKey:
        key = KeyReference(file=f"keys/{file}.key")
        return OidcKey.model_validate(
            {"id": key_id, "state": KeyState.ACTIVE, "since": since, "algorithm": algorithm, "key": key}
        )

    def secret(key_id: str, file: str) -> SymmetricKey:
        reference = KeyReference(file=f"keys/{file}.secret")
        return SymmetricKey(id=key_id, state=KeyState.ACTIVE, since=since, secret=reference)

    return Keys(
        saml_signing=[saml("saml1", KeyState.ACTIVE, "saml-1"), saml("saml2", KeyState.NEXT, "saml-2")],
        saml_decryption=[saml("enc1", KeyState.ACTIVE, "encryption-1")],
        oidc_signing=[oidc("oidc1", "RS256", "oidc-1"), oidc("oidc2", "ES256", "oidc-2")],
        sealing=[secret("s1", "sealing-1")],
        pseudonyms=[secret("p1", "pseudonyms-1")],
        ledger=[secret("l1", "ledger-1")],
    )


def write_missing_keys(
    settings: Settings, *, rsa_bits: int, saml: KeyKind | None = None, clock: Clock | None = None
) -> Iterator[str]:
    """Make every key file that the settings name and that is not there; give the name of each. Writes over nothing.

    A SAML key is made only where its certificate is missing too: a certificate belongs to the key that it was made of.
    Raises ValueError for a passphrase that will not do.
    """
    rsa = KeyKind(f"rsa-{rsa_bits}")
    wanted = Wanted(host_of(settings), rsa, saml or rsa)
    yield from _missing(settings.directory, settings.keys, wanted, clock or SystemClock())


def host_of(settings: Settings) -> str:
    """The host in the gateway's address: the name in its certificates."""
    return urlsplit(settings.gateway.base_url).hostname or "sluis"


def _missing(directory: Path, keys: Keys, wanted: Wanted, clock: Clock) -> Iterator[str]:
    for ring, entries in keys:
        for entry in entries:
            if entry.state is not KeyState.RETIRED:
                yield from write_key(directory, entry, kind=wanted.kind(ring, entry), host=wanted.host, now=clock.now())


def write_key(directory: Path, entry: KeyEntry, *, kind: KeyKind, host: str, now: datetime) -> Iterator[str]:
    """Make the key of an entry in its file, if the file is not there, and give its name.

    Of a key in a token the certificate is made.
    Encrypted, where the entry names a passphrase. Raises ValueError for a passphrase that will not do.
    """
    match entry:
        case SamlKey(key=KeyReference(file=str(file)), certificate=certificate):
            if not (directory / certificate).exists() and not (directory / file).exists():
                key = kind.make()
                write_secret(directory / file, private_pem(key, entry.key.opening_with(directory)))
                _certify(directory / certificate, key, f"{host} {entry.id}", now)
                yield file
        case SamlKey(key=KeyReference(pkcs11=TokenReference() as token), certificate=certificate):
            if not (directory / certificate).exists():
                _certify(directory / certificate, token.private_key(directory), f"{host} {entry.id}", now)
                yield certificate
        case OidcKey(key=KeyReference(file=str(file))) if not (directory / file).exists():
            write_secret(directory / file, private_pem(kind.make(), entry.key.opening_with(directory)))
            yield file
        case SymmetricKey(secret=KeyReference(file=str(file))) if not (directory / file).exists():
            write_secret(directory / file, fresh_secret(entry.secret.opening_with(directory)))
            yield file


def _certify(path: Path, key: PrivateKey, name: str, now: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(self_signed(key, name, now).public_bytes(Encoding.PEM))
