"""That `make bench` can be run, and what must be flat is; how fast it is, no test says."""

from gateway.release.plan import plan_of
from tests.bench import decision


def test_a_thousand_schools_on_the_same_terms_share_one_plan():
    plan_of.cache_clear()
    assert decision.spent(1000) > 0
    assert plan_of.cache_info().currsize == 1
