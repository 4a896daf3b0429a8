"""The value types of the ground floor."""

import pytest

from gateway.domain.brin import Brin
from gateway.domain.errors import CATALOGUE, ErrorCode, SluisError
from gateway.domain.language import Language, folded, in_language
from gateway.domain.randomness import SystemRandomness
from gateway.domain.role import Role, one_role
from gateway.domain.sector import Sector


@pytest.mark.parametrize("value", ["99DE", "99DE00", "00AA"])
def test_brin(value):
    assert str(Brin(value)) == value
    assert str(Brin(value).main) == value[:4]


@pytest.mark.parametrize("value", ["", "99de", "9DE", "99DE0", "99DE000", "DE99", "99DE00\n", "９９DE"])
def test_no_brin(value):
    with pytest.raises(ValueError, match="two digits and two capitals"):
        Brin(value)


def test_branch():
    assert Brin("99DE01").branch == "01"
    assert Brin("99DE").branch is None


@pytest.mark.parametrize(
    ("asserted", "role"),
    [
        ({Role.STUDENT}, Role.STUDENT),
        ({Role.STUDENT, Role.AFFILIATE}, Role.STUDENT),
        ({Role.EMPLOYEE, Role.STAFF}, Role.EMPLOYEE),
        ({Role.STAFF}, Role.STAFF),
        ({Role.AFFILIATE}, Role.AFFILIATE),
        ({Role.STUDENT, Role.EMPLOYEE}, None),
        ({Role.STUDENT, Role.STAFF, Role.AFFILIATE}, None),
        (set(), None),
    ],
)
def test_one_role(asserted, role):
    assert one_role(asserted) is role


def test_sectors_of_the_eck_id():
    assert Sector.SO.eck is Sector.PO
    assert Sector.VSO.eck is Sector.VO
    assert Sector.MBO.eck is Sector.MBO


def test_every_error_is_in_the_catalogue():
    assert set(CATALOGUE) == set(ErrorCode)
    assert all(400 <= kind.http_status < 600 for kind in CATALOGUE.values())


def test_an_error_shows_its_code_and_hint_and_nothing_of_the_cause():
    error = SluisError(ErrorCode.INTERNAL, hint="a key", cause="Fenna")
    assert "Fenna" not in str(error)
    assert error.kind.http_status == 500


def test_names_in_a_language():
    assert in_language({Language.NL: "a", Language.EN: "b"}, Language.EN) == "b"
    assert in_language({Language.NL: "a"}, Language.EN) == "a"
    assert in_language({Language.EN: "b"}, Language.NL) == "b"


def test_folded():
    assert folded("Sint-Édouard ÏJ") == "sint-edouard ij"


def test_tokens_are_long_and_fit_anywhere():
    tokens = {SystemRandomness().token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 40 and token.isalnum() for token in tokens)
    assert len(SystemRandomness().bytes(12)) == 12
