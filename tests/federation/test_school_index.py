"""Searching schools as people type: names, places, nicknames, numbers, and their errors."""

from dataclasses import replace

import pytest

from gateway.domain.brin import Brin
from gateway.domain.language import Language
from gateway.domain.sector import Sector
from gateway.federation.models import School
from gateway.federation.school_index import MAX_TYPED, SchoolIndex
from gateway.federation.snapshot import Federation
from gateway.federation.typing_errors import distances
from tests.support.dutch_schools import dutch_schools, looked_for
from tests.support.small_federation import REGENBOOG, small_federation


def school(brin: str, name: str, place: str, **more: object) -> School:
    return School(Brin(brin), {Language.NL: name}, Sector.PO, place=place, **more)


KNOWN = (
    school("10AA", "OBS De Regenboog", "Assen", postcode="9401AB"),
    school("10AB", "CBS De Regenboog", "Breda", postcode="4811AB"),
    school("10AC", "OBS Het Linden-hof", "'s-Hertogenbosch", nicknames=("de Lindeboom",)),
    school("10AD", "Eben Haëzerschool", "Súdwest"),
    school("10AE", "Montessorischool", "Assen", postcode="9405XY"),
    school("11ZZ07", "Da Vinci's Droom", "Den Haag"),
)
INDEX = SchoolIndex.of(KNOWN)
NONE = bytes(len(KNOWN))


def found(typed: str, index: SchoolIndex = INDEX, preferred: bytes = NONE) -> list[str]:
    return [str(index.schools[at].brin) for at in index.search(typed, preferred)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("de regenboog assen", "10AA"),
        ("assen regenboog", "10AA"),
        ("regenboog breda", "10AB"),
        ("REGENB bred", "10AB"),
        ("deregenboog breda", "10AB"),
        ("regen boog breda", "10AB"),
        ("regnboog breda", "10AB"),
        ("lindenhof", "10AC"),
        ("lindeboom", "10AC"),
        ("hertogenbosch", "10AC"),
        ("s-hertogenbosch", "10AC"),
        ("eben haezer", "10AD"),
        ("HAËZER", "10AD"),
        ("sudwest", "10AD"),
        ("montesori", "10AE"),
        ("davincis", "11ZZ07"),
        ("da vincis", "11ZZ07"),
        ("da vinci’s", "11ZZ07"),
        ("10ab", "10AB"),
        ("11zz", "11ZZ07"),
        ("11ZZ07", "11ZZ07"),
        ("9405", "10AE"),
        ("9401 AB", "10AA"),
        ("9401ab", "10AA"),
    ],
)
def test_a_school_is_found_first(typed: str, first: str) -> None:
    assert found(typed)[:1] == [first]


@pytest.mark.parametrize("typed", ["", "   ", "-", "'", "zzzzzz", "qxw", "99ZZ", "0000"])
def test_nothing_is_found(typed: str) -> None:
    assert found(typed) == []


def test_a_place_finds_its_schools() -> None:
    assert set(found("assen")) == {"10AA", "10AE"}


def test_of_equals_those_with_an_agreement_come_first() -> None:
    assert found("regenboog")[:2] == ["10AA", "10AB"]
    assert found("regenboog", preferred=bytes([0, 1, 0, 0, 0, 0]))[:2] == ["10AB", "10AA"]


def test_a_search_is_cut_and_never_fails() -> None:
    assert found("regenboog assen " + "x" * 10 * MAX_TYPED)[:1] == ["10AA"]
    assert found("a b c d e f g h i j k l m n o p q r s t") is not None


def test_there_need_be_no_school() -> None:
    assert SchoolIndex.of(()).search("regenboog", b"") == []


def test_people_who_make_typing_errors_find_their_school() -> None:
    schools = dutch_schools(3000, seed=7)
    index, none = SchoolIndex.of(schools), bytes(3000)
    looked = list(looked_for(schools, 400, seed=8))
    hits = sum(one.school in [schools[at] for at in index.search(one.typed, none)[:5]] for one in looked)
    assert hits / len(looked) >= 0.98


def test_a_word_that_most_schools_have_finds_some_and_the_preferred_ones() -> None:
    schools = dutch_schools(3000, seed=7)
    index = SchoolIndex.of(schools)
    having = [at for at, one in enumerate(schools) if "De" in one.names[Language.NL].split()]
    preferred = bytearray(3000)
    preferred[having[-1]] = 1
    assert index.search("de", bytes(preferred)) == [having[-1]]
    assert len(index.search("de", bytes(3000))) == 400


@pytest.mark.parametrize(
    ("typed", "word", "at_most", "expected"),
    [
        ("regenboog", "regenboog", 3, (0, 0)),
        ("regenbog", "regenboog", 3, (1, 1)),
        ("regneboog", "regenboog", 3, (1, 1)),
        ("ragen", "regenboog", 2, (None, 1)),
        ("xxxxx", "regenboog", 2, (None, None)),
        ("ba", "ab", 1, (1, 1)),
        ("a", "", 1, (1, 1)),
    ],
)
def test_errors_are_counted(typed: str, word: str, at_most: int, expected: tuple[int | None, int | None]) -> None:
    assert distances(typed, word, at_most) == expected


def test_a_school_is_found_by_what_the_metadata_of_its_own_identity_provider_says() -> None:
    small = small_federation()
    named = {
        idp: replace(one, party=replace(one.saml, keywords=("de Boog", f"hub {idp}")))
        for idp, one in small.identity_providers.items()
    }
    federation = Federation.of(
        schools=tuple(small.schools.values()),
        identity_providers=tuple(named.values()),
        services=(),
        agreements=(),
    )
    found = federation.index.search("de boog", bytes(len(federation.choices)))
    assert [federation.choices[at].school for at in found] == [REGENBOOG], "a hub's words are of none of its schools"
    assert federation.choices[found[0]].school.nicknames == ()
