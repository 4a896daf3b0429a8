"""`docs/reference/settings.md`, written from the models: `python -m gateway.settings.reference`."""

import datetime as dt
import json
import sys
from collections.abc import Iterator
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.domain.attribute import Attribute
from gateway.settings.fields import Model
from gateway.settings.models.agreements import AgreementEntry
from gateway.settings.models.gateway import Gateway
from gateway.settings.models.identity_providers import OidcIdentityProviderEntry, SamlIdentityProviderEntry
from gateway.settings.models.keys import Keys
from gateway.settings.models.metadata_sources import MetadataSourceEntry
from gateway.settings.models.policy import PolicyFile
from gateway.settings.models.schools import SchoolEntry
from gateway.settings.models.services import OidcServiceEntry, SamlServiceEntry
from gateway.settings.secrets import SecretReference
from gateway.settings.wording import models_in

_HEAD = """# Settings

A configuration is a directory of YAML files. Unknown keys are errors; `sluis check DIR` finds everything that is wrong
at once, with file and line. `sluis init DIR --base-url URL` writes a directory to begin with.

| file | holds |
|---|---|
| `gateway.yaml` | the gateway itself |
| `keys.yaml` | the keys, by reference |
| `policy.yaml` | what may go to services at all |
| `metadata/*.yaml` | sources of SAML metadata: one entry, or a list of them |
| `identity-providers/*.yaml`, `services/*.yaml`, `schools/*.yaml`, `agreements/*.yaml` | one entry, or a list of them |

Durations are a number and `s`, `m`, `h` or `d` (`15m`), or ISO 8601 (`PT15M`). Names are `{nl: ..., en: ...}`; Dutch is
needed. Days are `2026-08-01` and Dutch. A BRIN has 4 characters, or 6 for a branch. Paths are relative to the
configuration directory, but for files of an entry (`metadata`), which lie beside it.

A secret never stands in a file of the configuration: `{file: keys/x.key}` names a file that others on the machine
cannot read, `{env: NAME}` an environment variable. A key that lies encrypted on disk names its passphrase as well:
`{file: keys/x.key, passphrase: {env: NAME}}`, or `{file: ...}` with a file outside the configuration directory.
A key that signs SAML or tokens may stay in a PKCS #11 token, whose private and public key have one label:
`{pkcs11: {module: /usr/lib/x.so, token: LABEL, label: LABEL, pin: {env: NAME}}}`.
"""

FILES: tuple[tuple[str, type[Model]], ...] = (
    ("gateway.yaml", Gateway),
    ("keys.yaml", Keys),
    ("metadata/*.yaml", MetadataSourceEntry),
    ("identity-providers/*.yaml` with `protocol: saml", SamlIdentityProviderEntry),
    ("identity-providers/*.yaml` with `protocol: oidc", OidcIdentityProviderEntry),
    ("services/*.yaml` with `protocol: saml", SamlServiceEntry),
    ("services/*.yaml` with `protocol: oidc", OidcServiceEntry),
    ("schools/*.yaml", SchoolEntry),
    ("agreements/*.yaml", AgreementEntry),
    ("policy.yaml", PolicyFile),
)


def reference() -> str:
    """The page, in Markdown."""
    attributes = ", ".join(f"`{attribute}`" for attribute in Attribute)
    tables = "".join("\n" + part for file, model in FILES for part in _file(file, model))
    return f"{_HEAD}{tables}\n## Canonical attributes\n\n{attributes}\n"


def _file(file: str, model: type[Model]) -> Iterator[str]:
    yield f"## `{file}`\n\n{_table(model)}"
    for path, inner in _inside(model, ()):
        yield f"### `{'.'.join(path)}` in `{file}`\n\n{_said(inner)}\n\n{_table(inner)}"


def _inside(model: type[Model], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], type[Model]]]:
    for name, field in model.model_fields.items():
        for inner in models_in(field.annotation):
            if not issubclass(inner, SecretReference):
                inner_path = (*path, field.alias or name)
                yield inner_path, inner
                yield from _inside(inner, inner_path)


def _said(model: type[Model]) -> str:
    return (model.__doc__ or "").strip()


def _table(model: type[Model]) -> str:
    rows = [
        f"| `{field.alias or name}` | {_kind(field.annotation)} | {_default(field)} | {field.description} |\n"
        for name, field in model.model_fields.items()
    ]
    return "| key | value | default | meaning |\n|---|---|---|---|\n" + "".join(rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    default = field.default
    if isinstance(default, BaseModel):
        return "as below"
    if default is None:
        return "none"
    return f"`{_written(default)}`"


def _written(value: Any) -> str:
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds())
        size, unit = next((size, unit) for size, unit in ((3600, "h"), (60, "m"), (1, "s")) if seconds % size == 0)
        return f"{seconds // size}{unit}"
    return json.dumps(value, ensure_ascii=False, default=str).replace('"', "")


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is list:
        return f"list of {_kind(arguments[0])}"
    if origin is dict:
        return f"mapping: {_kind(arguments[0])} to {_kind(arguments[1])}"
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_kind(one) for one in arguments if one is not NoneType))
    return _plain(annotation)


_PLAIN = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "`true` or `false`",
    "date": "day",
    "timedelta": "duration",
    "datetime": "moment",
    "Brin": "BRIN",
    "IPv4Network": "address or network",
    "IPv6Network": "address or network",
    "SecretReference": "`{file: ...}` or `{env: ...}`",
    "KeyReference": "`{file: ...}` or `{env: ...}`, and with `passphrase`; or `{pkcs11: ...}`",
    "Attribute": "canonical attribute",
}


def _plain(annotation: Any) -> str:
    if annotation.__name__ in _PLAIN:
        return _PLAIN[annotation.__name__]
    if issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    return "mapping"


if __name__ == "__main__":
    sys.stdout.write(reference())
