"""The gateway's keys, loaded once."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import TypeVar

from gateway.settings.loader import Settings
from gateway.settings.models import SymmetricKey
from gateway.settings.problems import Problem, Problems
from gateway.storage.sealing import SecretKey
from gateway.xml.keys import SigningKey, load_signing_key

Key = TypeVar("Key")


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
    sealing = [_symmetric(settings, "sealing", index, key, problems) for index, key in enumerate(keys.sealing)]
    pseudonyms = [_symmetric(settings, "pseudonyms", index, key, problems) for index, key in enumerate(keys.pseudonyms)]
    for kind, listed in (("sealing", keys.sealing), ("pseudonyms", keys.pseudonyms)):
        ids = [key.id for key in listed]
        if len(set(ids)) != len(ids):
            place = settings.gateway_document.place(("keys", kind))
            problems.append(Problem(place, f"an id stands twice in {kind}", "give every key an id of its own"))
    if problems:
        raise Problems(problems)
    return KeyRing(
        tuple(key for key in signing if key),
        tuple(key for key in sealing if key),
        tuple(key for key in pseudonyms if key),
    )


def _signing(settings: Settings, index: int, problems: list[Problem]) -> SigningKey | None:
    entry = settings.gateway.keys.saml_signing[index]
    place = settings.gateway_document.place(("keys", "saml_signing", index))
    try:
        certificate = (settings.directory / entry.certificate).read_bytes()
        return load_signing_key(entry.key.read(settings.directory), certificate)
    except OSError as cause:
        problems.append(Problem(place, f"{entry.certificate} cannot be read: {cause.strerror}"))
    except ValueError as cause:
        problems.append(
            Problem(place, f"saml_signing key {index + 1}: {cause}", "`sluis init` shows how keys are made")
        )
    return None


def _symmetric(
    settings: Settings, kind: str, index: int, key: SymmetricKey, problems: list[Problem]
) -> SecretKey | None:
    place = settings.gateway_document.place(("keys", kind, index))
    try:
        return SecretKey(key.id, b64decode(key.secret.read(settings.directory), validate=True))
    except Base64Error:
        problems.append(Problem(place, f"the {kind} key {key.id} is not base64", "`openssl rand -base64 32` makes one"))
    except ValueError as cause:
        problems.append(Problem(place, f"the {kind} key {key.id}: {cause}", "`openssl rand -base64 32` makes one"))
    return None
