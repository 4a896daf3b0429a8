"""Under which licences the gateway's dependencies are: `python -m tests.licences` writes docs/reference/licences.md."""

import re
import sys
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements" / "run-extras.lock"
_LOCKED = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[a-z,]+\])?==([^ ;\\]+)", re.MULTILINE)
KNOWN = {
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Apache-2.0",
    "PSF-2.0",
    "MPL-2.0",
    "LGPL-3.0-only",
}
"""What somebody has looked at: none of them says anything of the gateway's own code. LGPL is psycopg's, loaded as it is
and replaceable; MPL is certifi's, a list of certificates that nothing here changes."""
_SAID_OTHERWISE = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "PSFL": "PSF-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
}
_FOR_OTHER_PYTHONS = {"async-timeout": "Apache-2.0"}
"""Locked, but installed under some versions of Python alone."""
_HEAD = """# Licences

What a gateway is made of beside its own code (Apache-2.0), and under which licence each part says it is. Written by
`make licences` from the packages of `requirements/run-extras.lock`; `make sbom` writes the same as a CycloneDX list of
materials with hashes.

| package | licence |
|---|---|
"""


def locked() -> dict[str, str]:
    """Every locked package and its version."""
    return dict(_LOCKED.findall(LOCK.read_text("utf-8")))


def licence(package: str) -> str:
    """An SPDX expression. Raises LookupError where the package says nothing that can be read as one."""
    try:
        said = metadata(package)
    except PackageNotFoundError:
        return _FOR_OTHER_PYTHONS[package]
    for found in _candidates(said):
        expression = _SAID_OTHERWISE.get(found, found)
        if set(re.split(r" (?:AND|OR) ", expression)) <= KNOWN:
            return expression
    raise LookupError(f"{package}: a licence that nobody has looked at: {list(_candidates(said))}")


def page() -> str:
    """The page, in Markdown."""
    return _HEAD + "".join(f"| {package} | {licence(package)} |\n" for package in sorted(locked()))


def _candidates(said: PackageMetadata) -> list[str]:
    classifiers = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or [] if one.startswith("License")]
    texts = [said.get("License-Expression"), said.get("License"), *classifiers]
    return [text.strip() for text in texts if text and len(text) < 80]


if __name__ == "__main__":
    sys.stdout.write(page())
