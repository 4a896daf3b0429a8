"""The gateway's keys, loaded once."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.settings.loader import Settings
from gateway.settings.models.keys import SymmetricKey
from gateway.settings.problems import Problem, Problems, warning
from gateway.storage.sealing import SecretKey
from gateway.xml.keys import SigningKey, load_signing_key

SOON = timedelta(days=30)
_MAKE_KEYS = "`sluis init DIR --keys-only` makes the keys that are not there"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys; the first of each kind is in use."""

    saml_signing: tuple[SigningKey, ...]
    sealing: tuple[SecretKey, ...]
    pseudonyms: tuple[SecretKey, ...]


def load_keys(settings: Settings) -> KeyRing:
    """Read every key that the settings refer to. Raises Problems; no problem quotes a secret."""
    problems: list[Problem] = []
    keys = settings.gateway.keys
    signing = [_signing(settings, index, problems) for index in range(len(keys.saml_signing))]
    sealing = _ring(settings, "sealing", keys.sealing, problems)
    pseudonyms = _ring(settings, "pseudonyms", keys.pseudonyms, problems)
    if problems:
        raise Problems(problems)
    return KeyRing(tuple(key for key in signing if key), sealing, pseudonyms)


def check_certificates(settings: Settings, ring: KeyRing, now: datetime) -> Iterator[Problem]:
    """Certificates of the gateway itself that have ended, or end soon: peers may hold us to the date."""
    for index, key in enumerate(ring.saml_signing):
        ends = key.certificate.not_valid_after_utc
        place = settings.gateway_document.place(("keys", "saml_signing", index, "certificate"))
        if ends <= now:
            yield warning(place, f"the certificate ended on {ends:%Y-%m-%d}", "roll over to the next key")
        elif ends <= now + SOON:
            yield warning(place, f"the certificate ends on {ends:%Y-%m-%d}", "publish the next key behind it now")


def _signing(settings: Settings, index: int, problems: list[Problem]) -> SigningKey | None:
    entry = settings.gateway.keys.saml_signing[index]
    place = settings.gateway_document.place(("keys", "saml_signing", index))
    try:
        certificate = (settings.directory / entry.certificate).read_bytes()
    except OSError as cause:
        what = f"{entry.certificate} cannot be read: {cause.strerror}"
        problems.append(Problem(place, what, _hint(settings, entry.certificate)))
        return None
    try:
        return load_signing_key(entry.key.read(settings.directory), certificate)
    except ValueError as cause:
        problems.append(Problem(place, f"saml_signing key {index + 1}: {cause}", _hint(settings, entry.key.file)))
        return None


def _ring(settings: Settings, kind: str, listed: list[SymmetricKey], problems: list[Problem]) -> tuple[SecretKey, ...]:
    ring: dict[str, SecretKey] = {}
    for index, key in enumerate(listed):
        place = settings.gateway_document.place(("keys", kind, index))
        if key.id in ring:
            problems.append(Problem(place, f"the id {key.id} stands twice in {kind}", "give every key its own"))
            continue
        try:
            ring[key.id] = SecretKey(key.id, b64decode(key.secret.read(settings.directory), validate=True))
        except Base64Error:
            what = f"the {kind} key {key.id} is not base64"
            problems.append(Problem(place, what, "`openssl rand -base64 32` makes one"))
        except ValueError as cause:
            problems.append(Problem(place, f"the {kind} key {key.id}: {cause}", _hint(settings, key.secret.file)))
    return tuple(ring.values())


def _hint(settings: Settings, file: str | None) -> str:
    return _MAKE_KEYS if file is not None and not (settings.directory / file).exists() else ""
