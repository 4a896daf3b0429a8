"""Logins that have to be fresh, or that nobody may see."""

from datetime import timedelta

from gateway.domain.errors import ErrorCode, SluisError
from tests.support.op import op
from tests.support.op_client import back


def test_a_max_age_of_0_asks_the_school_even_in_the_same_second_or_when_its_clock_is_ahead(tmp_path):
    provider = op(tmp_path)
    provider.log_in()
    provider.authorize(max_age="0")
    assert len(provider.schools.asked) == 2
    assert provider.schools.asked[-1][1].force
    provider.finish(instant=provider.clock.now() + timedelta(seconds=50))
    provider.clock.forward(seconds=20)
    assert "code" in back(provider.authorize(max_age="1"))
    provider.authorize(max_age="0")
    assert len(provider.schools.asked) == 3


def test_a_silent_login_that_would_have_to_be_made_anew_is_told_so(tmp_path):
    provider = op(tmp_path)
    provider.log_in()
    begun = provider.clock.now()
    provider.clock.forward(minutes=5)
    provider.authorize(max_age="0", prompt="none")
    _, asked = provider.schools.asked[-1]
    assert (asked.force, asked.passive) == (True, True)
    expected = provider.dispatcher.expect(asked.attempt, provider.browser)
    assert expected.fresh_since is not None
    assert expected.fresh_since > begun
    with provider.app.test_request_context():
        refusal = provider.dispatcher.fail(expected, SluisError(ErrorCode.RESPONSE_NOT_FRESH))
        assert back(provider.respond(refusal))["error"] == "login_required"
