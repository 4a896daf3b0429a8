"""No number of fewer than five people can be read off a report, or reckoned from one."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from gateway.reports.people import Count, Crowd, Tally
from gateway.reports.suppression import AT_LEAST, Figure, Shown, alone, parts, total

_GROUPS = st.lists(st.frozensets(st.integers(0, 14), max_size=15), min_size=1, max_size=6)


def counted(groups: list[frozenset[int]], keys: int = 1) -> tuple[Crowd, list[Count]]:
    """Each group's people, two logins each; with two keys every person is known under one of them."""
    crowd, counts = Crowd(), []
    for group in groups:
        tally = Tally()
        for person in sorted(group):
            crowd.put(tally.people, f"k{person % keys}", f"person {person}")
            tally.logins += 2
        counts.append(tally.done())
    return crowd, counts


@given(_GROUPS)
def test_no_figure_and_no_difference_is_of_one_to_four(groups):
    crowd, counts = counted(groups)
    whole = sum(counts, Count())
    if alone(whole, crowd).shown is not Shown.EXACT:
        return
    figures = parts(dict(enumerate(counts)), whole, crowd)
    everybody = frozenset().union(*groups)
    for place, figure in figures.items():
        if figure.people is not None:
            assert figure.people >= AT_LEAST
            assert not 0 < len(everybody) - figure.people < AT_LEAST
        if figure.logins is not None:
            assert len(groups[place]) >= AT_LEAST


@given(_GROUPS)
def test_what_a_subtraction_leaves_is_of_several_parts_and_of_five_or_more(groups):
    crowd, counts = counted(groups)
    whole = sum(counts, Count())
    if alone(whole, crowd).shown is not Shown.EXACT:
        return
    figures = parts(dict(enumerate(counts)), whole, crowd)
    left = [place for place, figure in figures.items() if figure.logins is None]
    if left:
        assert len(left) > 1 or len(figures) == 1
        assert len(frozenset().union(*(groups[place] for place in left))) >= AT_LEAST


@given(_GROUPS)
def test_a_total_of_people_differs_from_no_part_by_one_to_four(groups):
    crowd, counts = counted(groups)
    shown = [count for count in counts if alone(count, crowd).shown is Shown.EXACT]
    figure = total(sum(shown, Count()), shown, crowd)
    for one, _ in combinations([*shown, Count()], 2):
        if figure.people is not None:
            assert not 0 < figure.people - crowd.size(one.people) < AT_LEAST


@given(_GROUPS)
def test_after_a_change_of_keys_a_number_is_never_more_than_there_were(groups):
    crowd, counts = counted(groups, keys=2)
    for group, count in zip(groups, counts, strict=True):
        figure = alone(count, crowd)
        if figure.people is not None:
            assert AT_LEAST <= figure.people <= len(group)


def test_five_are_shown_and_four_are_not():
    crowd, (five, four) = counted([frozenset(range(5)), frozenset(range(4))])
    assert alone(five, crowd) == Figure(Shown.EXACT, 10, 5)
    assert alone(four, crowd) == Figure(Shown.FEW, None, None)


def test_logins_of_nobody_knows_whom_are_not_shown():
    assert alone(Count(300, 0), Crowd()) == Figure(Shown.FEW, None, None)


def test_the_rest_of_a_whole_hides_with_the_few():
    crowd, counts = counted([frozenset(range(10)), frozenset({10, 11})])
    figures = parts(dict(enumerate(counts)), sum(counts, Count()), crowd)
    assert [figures[place].shown for place in (0, 1)] == [Shown.NEARLY_ALL, Shown.FEW]
    assert figures[0].logins is None
