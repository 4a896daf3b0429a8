"""`make bench`: CPU milliseconds of the gateway for what people do with it, beside the bare cryptography.

Absolute times mean little on a shared machine; the ratio within one run does. Each measurement is a module of this
package with `measure`, which returns the keys that it adds to `build/bench.json`; names on the command line choose.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import (
    capacity,
    decision,
    discovery,
    ledger,
    metadata_12000,
    oidc_saml,
    overload,
    pages,
    saml_oidc,
    saml_saml,
    soak,
    sso,
    traced,
    vault,
)

_MEASUREMENTS: Mapping[str, Callable[[], dict[str, object]]] = {
    "saml_saml": saml_saml.measure,
    "oidc_saml": oidc_saml.measure,
    "saml_oidc": saml_oidc.measure,
    "sso": sso.measure,
    "traced": traced.measure,
    "decision": decision.measure,
    "discovery": discovery.measure,
    "ledger": ledger.measure,
    "vault": vault.measure,
    "metadata_12000": metadata_12000.measure,
    "overload": overload.measure,
    "pages": pages.measure,
}
_BY_NAME_ALONE: Mapping[str, Callable[[], dict[str, object]]] = {
    "soak": soak.measure,
    "capacity": capacity.measure,
}
"""What takes long, and is asked for when its figures are to be renewed."""
_TARGET = Path("build") / "bench.json"


def main(chosen: list[str]) -> int:
    """Measure what is named, or all; print a table and write the file, in which other measurements stay."""
    known = {**_MEASUREMENTS, **_BY_NAME_ALONE}
    if unknown := sorted(set(chosen) - set(known)):
        print(f"no such measurement: {', '.join(unknown)}; there is {', '.join(known)}", file=sys.stderr)
        return 2
    results: dict[str, object] = json.loads(_TARGET.read_text("utf-8")) if chosen and _TARGET.exists() else {}
    for name in chosen or _MEASUREMENTS:
        found = known[name]()
        _show(name, found)
        results |= found
        _TARGET.parent.mkdir(exist_ok=True)
        _TARGET.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    return 0


def _show(name: str, found: Mapping[str, object]) -> None:
    table = Table(title=f"{name}: RSA-2048")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for group, value in found.items():
        for figure, number in value.items() if isinstance(value, dict) else [("", value)]:
            table.add_row(f"{group} {figure}".strip(), str(number))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
