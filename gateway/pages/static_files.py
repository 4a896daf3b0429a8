"""The static files: read once, under addresses that change with their content."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files

from gateway.pages.images import Image
from gateway.pages.look import Look
from gateway.pages.palette import style

_TYPES = {
    "style.css": "text/css",
    "submit.js": "text/javascript",
    "schools.js": "text/javascript",
    "leave.js": "text/javascript",
    "again.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """Name -> content and media type. `version` is another as soon as one of them has another content."""

    files: Mapping[str, Image] = field(repr=False)
    version: str

    @classmethod
    def of(cls, look: Look) -> "StaticFiles":
        """Ours, in the colours of the look, and its logos."""
        directory = files("gateway.pages") / "static"
        found = {name: Image((directory / name).read_bytes(), kind) for name, kind in _TYPES.items()}
        colours = style(look.light, look.dark).encode()
        found["style.css"] = Image(colours + found["style.css"].content, "text/css")
        found |= {name: logo for name, logo in (("logo", look.logo), ("logo-dark", look.logo_dark)) if logo}
        digest = sha256(b"".join(name.encode() + one.content for name, one in sorted(found.items())))
        return cls(found, digest.hexdigest()[:12])
