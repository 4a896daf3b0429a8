"""`docs/capacity.md`, from the figures in `docs/capacity.json`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.capacity.peak import LONG_WAIT_MS, best
from tests.capacity.sizes import (
    LOGINS_PER_S,
    PARTS,
    PUPILS,
    QUARTER_S,
    REFERENCE_CRYPTO_MS,
    SCHOOL_DAYS,
    STORES_LOAD,
    Costs,
    cores,
    database_gb_a_year,
    redis_gb,
)

_DOCS = Path(__file__).parents[2] / "docs"
_KEPT = ("redis_kb_per_login", "database_kb_per_login")
"""What a login leaves: of the two measurements the larger counts."""
PAGE, FIGURES = _DOCS / "capacity.md", _DOCS / "capacity.json"


def figures() -> dict[str, Any]:
    """What was measured last, and what the simulation made of it."""
    return dict(json.loads(FIGURES.read_text("utf-8")))


def written(found: Mapping[str, Any]) -> str:
    """The page."""
    parts = (_HEAD, _wanted(), _measured(found["capacity"]), _peak(found), _sizes(found), _soak(found["soak"]), _RENEW)
    return "\n".join(parts)


_HEAD = """# Capacity: what a Monday morning takes

Written by `python -m tests.capacity` from the figures in `capacity.json`. They were measured on a machine of two cores
that others used as well, and where the parties that logged in used their share: absolute times say little there. What
can be carried over to another machine is CPU a login as a multiple of the bare cryptography of a SAML login (three
RSA-2048 signatures, three verifications, parsing, canonicalising) in the same minutes.
"""

_RENEW = """## To renew it
```
python -m tests.bench capacity   # some two minutes; BENCH_CAPACITY_SECONDS is how long each phase takes
make soak                        # an hour or more
python -m tests.capacity         # takes the figures from build/bench.json, simulates, writes this page
```
"""


def _wanted() -> str:
    quarter = LOGINS_PER_S * QUARTER_S
    return f"""## What is wanted
{PUPILS:,} pupils, of whom {quarter:,} ({quarter / PUPILS:.1%}) log in within the first quarter of an hour of a Monday: {LOGINS_PER_S:,} logins a second on average, more as the bell rings.
"""


def _measured(found: Mapping[str, Any]) -> str:
    rows = [
        ("logins a second, one after the other in four browsers", "logins_per_s", ""),
        *((f"CPU a login: {part}", f"{part}_ms", " ms") for part in PARTS),
        ("CPU a login: the parties, which are not the gateway's", "parties_ms", " ms"),
        ("bare cryptography", "crypto_ms", " ms"),
        ("gateway, as a multiple of it", "ratio_to_crypto", ""),
        ("share of the cores' time that all of these had", "busy_share", ""),
    ]
    lines = "".join(
        f"| {name} | {found[f'one_core_{key}']}{unit} | {found[f'two_cores_{key}']}{unit} |\n"
        for name, key, unit in rows
    )
    return f"""## Measured
SAML at both ends, two workers, Redis and PostgreSQL, everything bound to one core and then to two (commit {found["commit"]}).

| | one core | two cores |
|---|---|---|
{lines}
From one core to two, logins for each CPU second of gateway and stores grow {found["growth"]} times (2 would be perfect). At 70 % of what two cores carried, {found["at_70_percent_per_s"]} logins a second that begin by the clock, the gateway takes {found["at_70_percent_p50_ms"]} ms for a login in the median and {found["at_70_percent_p99_ms"]} ms at the 99th percentile (both requests together, without the time at school); {found["at_70_percent_failed"]} failed. The first request takes {found["start_share"]:.0%} of a login's CPU.
"""


def _peak(found: Mapping[str, Any]) -> str:
    lines = "".join(
        f"| {row['load']:.0%} | {row['busiest_percent']} % | {row['p99_wait_ms']} ms | {row['told_busy_percent']} % |"
        f" {row['busy_pages_each']} | {row['late_percent']} % |\n"
        for row in found["peaks"]
    )
    return f"""## The peak, simulated
Pupils come by a curve: up steeply for two and a half minutes, to 1.5 times the mean, and down slowly. Each core answers its part of them in order (where cores share a queue, less is waited); who has waited 2 s to begin, or 10 s to end, is turned away when their turn comes, and once a queue stands, so many of those who begin that it gets short, which is taken to cost a thirtieth of a login (`python -m tests.bench overload` says what it does), and the page comes again by itself after 5 to 20 s, as the gateway does it. A school takes 25 s in the median.

| cores busy on average | in the busiest minute | 99 of 100 requests wait less than | saw a busy page | busy pages a login | more than 30 s late |
|---|---|---|---|---|---|
{lines}
Everybody gets in, at every load. Up to {best(found["peaks"]):.0%} nobody sees a busy page, and 99 of 100 requests wait less than {LONG_WAIT_MS} ms: that is what the sizes below are for. The edge is near and steep.
"""


def _sizes(found: Mapping[str, Any]) -> str:
    load, here = best(found["peaks"]), Costs.measured(found["capacity"])
    kept = {name: max(float(found[of][name]) for of in ("capacity", "soak")) for name in _KEPT}
    columns = (here.on(REFERENCE_CRYPTO_MS), here)

    def row(name: str, part: str, busy: float) -> str:
        cells = (
            f"{LOGINS_PER_S:,} x {getattr(one, f'{part}_ms'):.2f} ms / {busy:.0%} = "
            f"**{cores(getattr(one, f'{part}_ms'), busy)}**"
            for one in columns
        )
        return f"| {name} | {' | '.join(cells)} |\n"

    table = row("cores for the gateway, two workers for each two", "gateway", load)
    table += row("cores of Redis, each a master of a Cluster: a Redis uses one core", "redis", STORES_LOAD)
    table += row("cores of PostgreSQL", "postgresql", STORES_LOAD)
    return f"""## Sizes for {LOGINS_PER_S:,} logins a second
Of a core on which the bare cryptography takes {REFERENCE_CRYPTO_MS} ms, and of one of the machine that was measured ({here.crypto_ms} ms). For another, multiply by its own `crypto_ms`, which `python -m tests.bench saml_saml` prints.

| | {REFERENCE_CRYPTO_MS} ms | {here.crypto_ms} ms |
|---|---|---|
{table}
Half as much again lets a third of the machines be away. A service at which more than `limits.service` logins a minute begin (60,000: just these {LOGINS_PER_S:,} a second) needs a limit of its own.

- **Redis's memory**: {kept["redis_kb_per_login"]} kB a login; {PUPILS:,} of them, one for each pupil while sessions last: **{redis_gb(kept["redis_kb_per_login"]):.0f} GB** over all masters, as much again for replicas. Give it no policy that evicts.
- **PostgreSQL's disk**: {kept["database_kb_per_login"]} kB a login with its indexes; {PUPILS:,} a day on {SCHOOL_DAYS} school days: **{database_gb_a_year(kept["database_kb_per_login"]):,.0f} GB a year**, for as many years as `retention.ledger` says.
- **Connections to PostgreSQL**: a worker keeps one a thread and one for the ledger.
"""


def _soak(found: Mapping[str, Any]) -> str:
    kinds = {
        "SAML to SAML": "saml_from_saml",
        "answered by a session": "from_session",
        "OpenID Connect to SAML": "oidc_from_saml",
        "SAML to OpenID Connect": "saml_from_oidc",
        "OpenID Connect to OpenID Connect": "oidc_from_oidc",
        "refused for their message": "refused_messages",
        "refused for the person": "refused_people",
    }
    lines = "".join(f"| {name} | {found[key]:,} |\n" for name, key in kinds.items())
    return f"""## The soak
{found["logins"]:,} logins of all kinds in {found["minutes"]:.0f} minutes, two at once, two workers, Redis and PostgreSQL (commit {found["commit"]}), with {found["logouts"]:,} logouts and {found["refused_codes"]:,} codes that were offered twice and refused.

| service to school | logins |
|---|---|
{lines}
| what must be nought | |
|---|---|
| errors | {found["errors"]} |
| rows of the ledger that are missing, or too many | {found["rows_missing"]}, {found["rows_too_many"]} |
| rows without an answer | {found["rows_unanswered"]} |
| flaws that `sluis ledger verify` finds | {found["ledger_flaws"]} |
| errors in the log | {found["log_errors"]} |

The larger worker had {found["memory_mb_early"]} MB in the second fifth of it and {found["memory_mb_late"]} MB in the last: {found["memory_bytes_per_login"]} octets a login. The ledger has {found["rows_released"]:,} releases (UserInfo is one of its own) and {found["rows_refused"]:,} refusals.
"""
