"""Logins of all kinds, fifty instead of a hundred thousand: what must be nought is nought at once."""

import time
from collections import Counter
from importlib.util import find_spec

import pytest

from tests.bench import soak

pytestmark = [
    pytest.mark.untraced,
    pytest.mark.skipif(find_spec("pgserver") is None, reason="no PostgreSQL: its wheels end at Python 3.12"),
]
NOUGHT = ("errors", "rows_missing", "rows_too_many", "rows_unanswered", "ledger_flaws", "log_errors")


def test_logins_of_all_kinds_leave_no_error_and_every_row() -> None:
    found = soak.soaked(50, until=time.monotonic() + 600)
    assert {name: found[name] for name in NOUGHT} == dict.fromkeys(NOUGHT, 0), found
    assert found["logins"] == 50
    assert (found["rows_released"], found["rows_refused"]) == (55, 5)


def test_a_login_whose_row_is_missing_would_be_seen() -> None:
    done = Counter({"saml_from_saml": 3, "oidc_from_saml": 2, "refused_messages": 4, "refused_people": 1})
    assert soak.rows_of(done) == {"released": 7, "refused": 1}
