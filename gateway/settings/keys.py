"""The gateway's keys, loaded once, before there are workers: no request reads one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from cryptography import x509

from gateway.domain.key_ring import KeyState, Ring
from gateway.settings.certificates import OwnCertificate
from gateway.settings.loader import Settings
from gateway.settings.models.keys import KeyEntry, OidcKey, SamlKey, SymmetricKey
from gateway.settings.private_keys import TokenKey, secret_octets, token_key
from gateway.settings.problems import Place, Problem, Problems
from gateway.settings.secrets import SecretReference
from gateway.storage.sealing import SecretKey
from gateway.xml.keys import DecryptionKey, SigningKey, decryption_key, signing_key

_MAKE_KEYS = "`sluis init DIR --keys-only` makes the keys that are not there"

EntryT = TypeVar("EntryT", bound=KeyEntry)
KeyT = TypeVar("KeyT")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys, a ring for each purpose.

    `oidc_signing` has one for each algorithm (RS256, ES256, ES384)
    that has a key.
    """

    saml_signing: Ring[SigningKey]
    saml_decryption: Ring[DecryptionKey] | None
    oidc_signing: Mapping[str, Ring[TokenKey]]
    sealing: Ring[SecretKey]
    pseudonyms: Ring[SecretKey]
    ledger: Ring[SecretKey]
    certificates: tuple[OwnCertificate, ...]


def load_keys(settings: Settings) -> KeyRing:
    """Read every key that the settings refer to. Raises Problems; no problem quotes a secret."""
    reading, keys = _Reading(settings), settings.keys
    saml_signing = reading.ring("saml_signing", keys.saml_signing, reading.signing)
    saml_decryption = reading.ring("saml_decryption", keys.saml_decryption, reading.decryption)
    algorithms = sorted({entry.algorithm for entry in keys.oidc_signing})
    oidc_signing = {one: reading.ring("oidc_signing", keys.oidc_signing, reading.token, one) for one in algorithms}
    sealing = reading.ring("sealing", keys.sealing, reading.symmetric)
    pseudonyms = reading.ring("pseudonyms", keys.pseudonyms, reading.symmetric)
    ledger = reading.ring("ledger", keys.ledger, reading.symmetric)
    if reading.problems or not (saml_signing and sealing and pseudonyms and ledger):
        raise Problems(reading.problems)
    return KeyRing(
        saml_signing=saml_signing,
        saml_decryption=saml_decryption,
        oidc_signing={algorithm: ring for algorithm, ring in oidc_signing.items() if ring},
        sealing=sealing,
        pseudonyms=pseudonyms,
        ledger=ledger,
        certificates=tuple(reading.certificates),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    settings: Settings
    problems: list[Problem] = field(default_factory=list)
    certificates: list[OwnCertificate] = field(default_factory=list)

    def ring(
        self, kind: str, entries: Sequence[EntryT], load: Callable[[str, EntryT, Place], KeyT], algorithm: str = ""
    ) -> Ring[KeyT] | None:
        """The keys of a list by state; where it holds keys for several algorithms, those for this one."""
        found: dict[KeyState, list[KeyT]] = {state: [] for state in KeyState}
        active = 0
        for index, entry in enumerate(entries):
            place = self.settings.keys_document.place((kind, index))
            if entry.id in {one.id for one in entries[:index]}:
                self._say(place, f"the id {entry.id} stands twice in {kind}", "give every key its own")
            if kind == "pseudonyms" and entry.state is KeyState.RETIRED:
                what = f"the pseudonyms key {entry.id} is retired, and every learner known by it is a stranger"
                self._say(place, what, "state: previous, or delete the entry of a key that never was active")
            if entry.state is KeyState.RETIRED or getattr(entry, "algorithm", "") != algorithm:
                continue
            active += entry.state is KeyState.ACTIVE
            try:
                found[entry.state].append(load(kind, entry, place))
            except ValueError as cause:
                self._say(place, f"the {kind} key {entry.id}: {cause}", self._hint(entry))
        if entries and active != 1:
            whose = f"{kind} for {algorithm}" if algorithm else kind
            place = self.settings.keys_document.place((kind,))
            self._say(place, f"{whose} has {active or 'no'} active key{'s' * (active > 1)}", "one of a ring is active")
        if active != 1 or not found[KeyState.ACTIVE]:
            return None
        return Ring(found[KeyState.ACTIVE][0], tuple(found[KeyState.NEXT]), tuple(found[KeyState.PREVIOUS]))

    def signing(self, kind: str, entry: SamlKey, place: Place) -> SigningKey:
        """A key with its certificate. Raises ValueError."""
        key = signing_key(entry.key.private_key(self.settings.directory), self._certificate(entry))
        self._note(kind, entry, key.certificate, place)
        return key

    def decryption(self, kind: str, entry: SamlKey, place: Place) -> DecryptionKey:
        """A key with its certificate. Raises ValueError."""
        if entry.key.pkcs11 is not None:
            raise ValueError("a key in a token signs alone; a key that decrypts lies in a file or the environment")
        key = decryption_key(entry.key.private_key(self.settings.directory), self._certificate(entry))
        self._note(kind, entry, key.certificate, place)
        return key

    def token(self, _: str, entry: OidcKey, __: Place) -> TokenKey:
        """A key for its algorithm. Raises ValueError."""
        return token_key(entry.id, entry.algorithm, entry.key.private_key(self.settings.directory))

    def symmetric(self, _: str, entry: SymmetricKey, __: Place) -> SecretKey:
        """A secret. Raises ValueError."""
        return SecretKey(entry.id, secret_octets(entry.secret, self.settings.directory))

    def _certificate(self, entry: SamlKey) -> bytes:
        try:
            return (self.settings.directory / entry.certificate).read_bytes()
        except OSError as cause:
            raise ValueError(f"{entry.certificate} cannot be read: {cause.strerror}") from None

    def _note(self, kind: str, entry: SamlKey, certificate: x509.Certificate, place: Place) -> None:
        self.certificates.append(OwnCertificate(kind, entry.id, entry.state, certificate.not_valid_after_utc, place))

    def _say(self, place: Place, what: str, instead: str) -> None:
        self.problems.append(Problem(place, what, instead))

    def _hint(self, entry: KeyEntry) -> str:
        files = key_files(entry)
        return _MAKE_KEYS if any(not (self.settings.directory / file).exists() for file in files) else ""


def key_files(entry: KeyEntry) -> list[str]:
    """The files that a key lies in: none for one from the environment, two for one with a certificate."""
    reference = entry.secret if isinstance(entry, SymmetricKey) else getattr(entry, "key", None)
    files = [reference.file if isinstance(reference, SecretReference) else None]
    files.append(entry.certificate if isinstance(entry, SamlKey) else None)
    return [file for file in files if file]
