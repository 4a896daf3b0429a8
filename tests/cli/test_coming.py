"""A request is whole when its last octet is there, however it was cut on the way, and not before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli import coming as coming_module
from gateway.cli.coming import MOST_BODY, MOST_HEAD, Coming

REQUESTS = {
    "no body": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\na=1\r\n\r\nb=22",
    "a length of nothing": b"POST / HTTP/1.1\r\ncontent-length:0\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0\r\n\r\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
    "trailers": b"POST / HTTP/1.1\r\nTRANSFER-ENCODING: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n",
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_every_octet_is_waited_for_and_none_more(request_: bytes) -> None:
    one = Coming(0)
    for number, octet in enumerate(request_):
        assert not one.is_whole, request_[:number]
        one.add(bytes([octet]))
    assert one.is_whole
    assert not one.too_large
    assert bytes(one) == request_


@given(st.sampled_from(sorted(REQUESTS)), st.lists(st.integers(1, 40)))
def test_cut_anywhere_it_is_whole_in_the_end(name: str, cuts: list[int]) -> None:
    rest, one = REQUESTS[name], Coming(0)
    for cut in cuts:
        if rest:
            one.add(rest[:cut])
        rest = rest[cut:]
        assert one.is_whole is (not rest)
    if rest:
        one.add(rest)
    assert one.is_whole


def test_the_beginning_of_the_next_one_stays_with_it() -> None:
    one = Coming(0, REQUESTS["a length"] + b"GET /next")
    assert one.is_whole
    assert bytes(one).endswith(b"GET /next")


def test_a_large_head_is_not_waited_for() -> None:
    one = Coming(0, b"GET / HTTP/1.1\r\nX: " + b"x" * (MOST_HEAD - 100))
    assert not one.is_whole
    one.add(b"x" * 200 + b"\r\n\r\n")
    assert (one.is_whole, one.too_large, one.has_head) == (True, True, False)


def test_a_body_that_is_too_large_is_not_waited_for() -> None:
    one = Coming(0, b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % MOST_BODY)
    assert not one.is_whole
    one = Coming(0, b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1))
    assert (one.is_whole, one.too_large, one.has_head) == (True, True, True)


def test_chunks_without_end_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coming_module, "MOST_BODY", 1000)
    one = Coming(0, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        one.add(b"a\r\n0123456789\r\n")
        if one.is_whole:
            break
    assert one.too_large
    assert len(one) < 1200


@pytest.mark.parametrize("chunk", [b"x\r\n", b"\r\n", b"-1\r\n"])
def test_what_is_no_chunk_is_left_to_whoever_reads_it(chunk: bytes) -> None:
    assert Coming(0, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk).is_whole


def test_a_client_that_waits_to_be_told_to_go_on_is_told_once() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\nX: y\r\n\r\n"
    one = Coming(0, head)
    assert one.invites()
    assert not one.invites()
    one.add(b"ab")
    assert one.is_whole
    assert bytes(one) == b"POST / HTTP/1.1\r\nContent-Length: 2\r\nX: y\r\n\r\nab"
    assert not Coming(0, head + b"ab").invites(), "it went on already"
