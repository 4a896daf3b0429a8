"""A new key for a ring: its entry, and its files, made as those of the ring's last key are."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gateway.cli.fresh_keys import host_of, write_key
from gateway.cli.key_changes import KeysFile, algorithm_of
from gateway.cli.key_material import KeyKind
from gateway.domain.key_ring import KeyState
from gateway.settings.key_references import KeyReference
from gateway.settings.loader import Settings
from gateway.settings.models.keys import KeyEntry, OidcKey, SamlKey, SymmetricKey
from gateway.settings.secrets import SecretReference

_NAMES = {
    "saml_signing": ("saml", "saml"),
    "saml_decryption": ("enc", "encryption"),
    "oidc_signing": ("oidc", "oidc"),
    "sealing": ("s", "sealing"),
    "pseudonyms": ("p", "pseudonyms"),
    "ledger": ("l", "ledger"),
}
"""How the ids of a ring begin, and the names of its files."""
_ONLY_RSA = (
    "keys that others encrypt for are RSA: for an EC key peers would have to agree on a key (ECDH-ES), which hardly "
    "any can"
)
_SYMMETRIC = ("sealing", "pseudonyms", "ledger")


@dataclass(frozen=True, slots=True)
class Making:
    """What was asked for; None: as the ring has it."""

    kind: str | None = None
    key_id: str | None = None
    into: Path | None = None
    passphrase_env: str | None = None
    passphrase_file: str | None = None


def new_entry(
    settings: Settings, file: KeysFile, ring: str, making: Making, now: datetime
) -> tuple[KeyEntry, tuple[Path, ...]]:
    """Make a key; its entry, and its files. Raises ValueError with what to do instead, and OSError."""
    directory = file.directory
    kind = _kind(directory, ring, file.ring(ring), making.kind)
    entry = _entry(file, ring, kind, making, now)
    reference = entry.secret if isinstance(entry, SymmetricKey) else getattr(entry, "key", None)
    assert isinstance(reference, KeyReference)
    names = [reference.file, entry.certificate if isinstance(entry, SamlKey) else None]
    files = tuple(directory / name for name in names if name)
    taken = next((path for path in files if path.exists()), None)
    if taken is not None:
        raise ValueError(f"{taken} is there already; name another --id")
    if not list(write_key(directory, entry, kind=kind or KeyKind.RSA_3072, host=host_of(settings), now=now)):
        raise ValueError("no key was made")
    return entry, files


def _entry(file: KeysFile, ring: str, kind: KeyKind | None, making: Making, now: datetime) -> KeyEntry:
    entries = file.ring(ring)
    key_id = making.key_id or _next_id(ring, entries)
    if any(one.id == key_id for one in entries):
        raise ValueError(f"{ring} has a key {key_id} already; an id is never used again")
    algorithm = kind.algorithm if kind and ring == "oidc_signing" else ""
    in_use = [one for one in entries if algorithm_of(one) == algorithm and one.state is KeyState.ACTIVE]
    last = _reference(entries[-1]) if entries else None
    passphrase = _passphrase(making, last)
    number = re.search(r"[0-9]+$", key_id)
    stem = f"{_NAMES[ring][1]}-{number.group() if number else key_id}"
    folder = making.into or Path(last.file if last and last.file else "keys/key").parent
    suffix = "secret" if ring in _SYMMETRIC and passphrase is None else "pem" if ring in _SYMMETRIC else "key"
    told = {"file": str(folder / f"{stem}.{suffix}"), **({"passphrase": passphrase} if passphrase else {})}
    common = {
        "id": key_id,
        "state": KeyState.NEXT if in_use else KeyState.ACTIVE,
        "since": now.astimezone(UTC).replace(microsecond=0),
    }
    if ring in _SYMMETRIC:
        return SymmetricKey.model_validate({**common, "secret": told})
    if ring == "oidc_signing":
        return OidcKey.model_validate({**common, "algorithm": algorithm, "key": told})
    return SamlKey.model_validate({**common, "key": told, "certificate": str(folder / f"{stem}.crt")})


def _next_id(ring: str, entries: list[KeyEntry]) -> str:
    """The number behind the highest that an id ends with."""
    ends = [match for match in (re.search(r"^(.*?)([0-9]+)$", one.id) for one in entries) if match]
    prefix = ends[-1].group(1) if ends else _NAMES[ring][0]
    return f"{prefix}{max((int(match.group(2)) for match in ends), default=0) + 1}"


def _reference(entry: KeyEntry) -> KeyReference | None:
    found = entry.secret if isinstance(entry, SymmetricKey) else getattr(entry, "key", None)
    return found if isinstance(found, KeyReference) else None


def _passphrase(making: Making, last: KeyReference | None) -> dict[str, str] | None:
    if making.passphrase_env and making.passphrase_file:
        raise ValueError("name one of --passphrase-env and --passphrase-file")
    if making.passphrase_env:
        return {"env": making.passphrase_env}
    if making.passphrase_file:
        return {"file": making.passphrase_file}
    as_last: SecretReference | None = last.passphrase if last else None
    return as_last.model_dump(exclude_none=True) if as_last else None


def _kind(directory: Path, ring: str, entries: list[KeyEntry], wanted: str | None) -> KeyKind | None:
    """The kind of key pair; None for a secret."""
    if ring in _SYMMETRIC:
        if wanted:
            raise ValueError(f"{ring} has secrets, which have no kind")
        return None
    kind = KeyKind(wanted) if wanted else _kind_in_use(directory, entries)
    if ring == "saml_decryption" and not kind.is_rsa:
        raise ValueError(_ONLY_RSA)
    return kind


def _kind_in_use(directory: Path, entries: list[KeyEntry]) -> KeyKind:
    active = next((one for one in entries if one.state is KeyState.ACTIVE), None)
    if isinstance(active, OidcKey):
        return {"ES256": KeyKind.P_256, "ES384": KeyKind.P_384}.get(active.algorithm, KeyKind.RSA_3072)
    if isinstance(active, SamlKey):
        try:
            key = x509.load_pem_x509_certificate((directory / active.certificate).read_bytes()).public_key()
        except (OSError, ValueError):
            raise ValueError(f"{active.certificate} cannot be read; say --kind") from None
        if isinstance(key, ec.EllipticCurvePublicKey):
            return KeyKind.P_256 if isinstance(key.curve, ec.SECP256R1) else KeyKind.P_384
        if isinstance(key, rsa.RSAPublicKey) and f"rsa-{key.key_size}" in set(KeyKind):
            return KeyKind(f"rsa-{key.key_size}")
    return KeyKind.RSA_3072
