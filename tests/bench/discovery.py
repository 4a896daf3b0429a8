"""The discovery page of 10,000 schools: who is found in spite of typing errors, CPU of a search, weight of the page.

`found_in_five` is the share of searches, each with one or two typing errors, whose school is among the first five.
`search_ms` is CPU of a search in the index, `answer_ms` of what the script gets, the pages' part of it alone; the p95
of each beside it. `page_kb` is the first page and `files_kb` all that it loads, compressed.
"""

import gzip
import statistics
import time
import tracemalloc
from collections.abc import Callable
from datetime import date

from gateway.federation.models import Agreement
from gateway.federation.school_index import SchoolIndex
from gateway.federation.snapshot import Federation
from gateway.login.discovery import Discovery
from tests.support.dutch_schools import dutch_schools, looked_for
from tests.support.held import HeldClock
from tests.support.paged import Pages
from tests.support.small_federation import LEESPLEIN, VO_IDP, identity_provider, service

SCHOOLS = 10_000
_SEARCHES = 1_000
_ANSWERS = 200
_TODAY = date(2026, 9, 1)
_PAGE = "/login/0123abcd/school"


def measure() -> dict[str, object]:
    """All of it."""
    schools = dutch_schools(SCHOOLS)
    begun = time.process_time()
    index = SchoolIndex.of(schools)
    built = time.process_time() - begun
    tracemalloc.start()
    kept = SchoolIndex.of(schools)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    looked = list(looked_for(schools, _SEARCHES))
    everywhere = bytes([1]) * len(kept.schools)
    hits, searches = 0, []
    for one in looked:
        took, found = _timed(lambda typed=one.typed: index.search(typed, everywhere))
        searches.append(took)
        hits += one.school in [schools[at] for at in found[:5]]
    pages = Pages(HeldClock())
    pages.offer = Discovery(service(LEESPLEIN), _federation(schools), _TODAY)
    client = pages.client()
    client.get(f"{_PAGE}s?q=warm")
    answers = [
        _timed(lambda typed=one.typed: client.get(f"{_PAGE}s", query_string={"q": typed}))[0]
        for one in looked[:_ANSWERS]
    ]
    page = client.get(_PAGE)
    loaded = [client.get(address).data for address in _files(page.text)]
    return {
        "discovery": {
            "found_in_five": round(hits / len(looked), 3),
            "search_ms": round(statistics.mean(searches), 2),
            "search_p95_ms": round(statistics.quantiles(searches, n=20)[-1], 2),
            "answer_ms": round(statistics.mean(answers), 2),
            "answer_p95_ms": round(statistics.quantiles(answers, n=20)[-1], 2),
            "page_kb": round(len(gzip.compress(page.data)) / 1000, 1),
            "files_kb": round(sum(len(gzip.compress(one)) for one in loaded) / 1000, 1),
            "build_s": round(built, 2),
            "index_mb": round(size / 1e6, 1),
        }
    }


def _federation(schools: tuple) -> Federation:
    return Federation.of(
        schools=schools,
        identity_providers=(identity_provider(VO_IDP, *schools),),
        services=(service(LEESPLEIN),),
        agreements=(Agreement(LEESPLEIN, 1, _TODAY, None, "N-1", schools=frozenset(one.brin for one in schools)),),
    )


def _timed(what: Callable[[], object]) -> tuple[float, object]:
    begun = time.process_time()
    result = what()
    return (time.process_time() - begun) * 1000, result


def _files(page: str) -> list[str]:
    return [part.split('"')[0] for part in page.split('="')[1:] if part.startswith("/static/")]
