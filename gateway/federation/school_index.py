"""Searching schools: by name, nickname, place, BRIN and postcode, as people type them.

Built once with the federation. It holds numbers in arrays, and every distinct word once: ten thousand schools take a
few megabytes. A search reads the words that look like what was typed, and the schools that have them.
"""

import math
import re
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import compress, groupby, islice
from operator import itemgetter

from gateway.domain.language import folded
from gateway.federation.models import School
from gateway.federation.typing_errors import TOLERATED, distances

MAX_TYPED = 100
"""Characters of a search that are read."""
MAX_WORDS = 8
MIN_FUZZY = 3
"""Characters from which on a word may be mistyped."""
_PREFIXED = 300
"""Words that may begin with what was typed."""
_COMPARED = 16
"""Words that are compared letter by letter."""
_SIEVED = 60
_COUNTED = 3000
_REACH = 4
_MANY = 400
"""Schools that are put in order."""
_PREFERRED = 0.2
"""How much better a preferred school is than one that fits as well."""
_BRIN, _POSTCODE = 1000.0, 100.0
_WORD = re.compile(r"[^\W_]+")
_BRIN_LIKE = re.compile(r"[0-9]{2}[a-z]{1,2}(?:[0-9]{1,2})?", re.ASCII)
_POSTCODE_LIKE = re.compile(r"[1-9][0-9]{3}(?:[a-z]{1,2})?", re.ASCII)
_SPACED_POSTCODE = re.compile(r"\b([1-9][0-9]{3}) ([a-z]{2})\b", re.ASCII)

Alike = dict[int, float]
"""Words that what was typed may mean, by their numbers, and how well each fits: from 0 to 1."""


@dataclass(frozen=True, slots=True)
class SchoolIndex:
    """`words` are sorted. `schools_of` and `words_of` are ragged rows: where each begins, and their numbers."""

    schools: tuple[School, ...]
    words: tuple[str, ...]
    schools_of: "Rows"
    words_of: "Rows"
    with_pair: Mapping[str, "array[int]"]
    by_brin: "array[int]"
    by_postcode: "array[int]"

    @classmethod
    def of(cls, schools: Iterable[School]) -> "SchoolIndex":
        """Over these schools, in their order, which is that of equally good answers."""
        known = tuple(schools)
        texts = [dict.fromkeys(_words(_text(school))) for school in known]
        words = tuple(sorted({word for text in texts for word in text}))
        number = {word: at for at, word in enumerate(words)}
        having: list[array[int]] = [array("I") for _ in words]
        for at, text in enumerate(texts):
            for word in text:
                having[number[word]].append(at)
        pairs: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for at, word in enumerate(words):
            for pair in _pairs(word):
                pairs[pair].append(at)
        coded = (at for at, school in enumerate(known) if school.postcode)
        return cls(
            schools=known,
            words=words,
            schools_of=Rows.of(having),
            words_of=Rows.of([number[word] for word in text] for text in texts),
            with_pair=dict(pairs),
            by_brin=array("I", sorted(range(len(known)), key=lambda at: known[at].brin.value)),
            by_postcode=array("I", sorted(coded, key=lambda at: known[at].postcode or "")),
        )

    def search(self, typed: str, preferred: bytes) -> list[int]:
        """The numbers of the schools that may be meant, best first; none for nothing typed.

        `preferred` has a 1 for each school that goes before others which fit as well, and a 0 for every other.

        Whoever typed several words gets the schools that most of them fit. Words with typing errors are tried where
        those that were typed lead to no school that has them all.
        """
        text = _SPACED_POSTCODE.sub(r"\1\2", folded(typed[:MAX_TYPED]))
        tokens = list(dict.fromkeys(_words(text)))[:MAX_WORDS]
        # One letter beside words says next to nothing.
        tokens = [token for token in tokens if len(token) > 1] or tokens
        if not tokens:
            return []
        tokens = [part for token in tokens for part in self._apart(token)]
        exact = [self._exact(token, tokens, at) for at, token in enumerate(tokens)]
        scores = self._scored(tokens, exact)
        mistyped: dict[str, Alike] = {}
        for every in (False, True):
            if scores.complete:
                break
            tried = [token for token in tokens if token not in mistyped and (every or self._number(token) is None)]
            if not tried:
                continue
            mistyped |= {token: self._mistyped(token) for token in tried}
            likely = [mistyped.get(token, {}) | right for token, right in zip(tokens, exact, strict=True)]
            scores = self._scored(tokens, likely)
        return scores.best(preferred)

    def _apart(self, token: str) -> tuple[str, ...]:
        """Two words that were typed without the space between them."""
        if len(token) < 5 or self._number(token) is not None:
            return (token,)
        cuts = ((token[:at], token[at:]) for at in range(2, len(token) - 2))
        known = (cut for cut in cuts if all(self._number(part) is not None for part in cut))
        return max(known, key=lambda cut: max(map(len, cut)), default=(token,))

    def _exact(self, token: str, tokens: Sequence[str], at: int) -> Alike:
        """The word itself, words that begin with it, and what it makes with the next or the one before."""
        alike: Alike = {}
        first = bisect_left(self.words, token)
        for number in range(first, min(first + _PREFIXED, len(self.words))):
            word = self.words[number]
            if not word.startswith(token):
                break
            alike[number] = 0.7 + 0.3 * len(token) / len(word)
        joined = [token + tokens[at + 1]] if at + 1 < len(tokens) else []
        joined += [tokens[at - 1] + token] if at else []
        for number in filter(None, map(self._number, joined)):
            alike[number] = 0.95
        return alike

    def _mistyped(self, token: str) -> Alike:
        """Words that somebody may have meant who typed this."""
        if len(token) < MIN_FUZZY:
            return {}
        seen: Counter[int] = Counter()
        for pair in self._telling(token):
            seen.update(self.with_pair[pair])
        alike: Alike = {}
        tolerated = TOLERATED[min(len(token), len(TOLERATED) - 1)]
        for number in self._likely(seen, len(token)):
            whole, begun = distances(token, self.words[number], tolerated)
            if whole is not None:
                alike[number] = 0.95 * (1 - whole / len(token))
            # Of a word that is not there whole, less is certain.
            if begun is not None and begun < max(tolerated, 2):
                alike[number] = max(alike.get(number, 0), 0.75 * (1 - begun / len(token)))
        return alike

    def _likely(self, seen: Counter[int], length: int) -> list[int]:
        """Those that share most pairs; of as many, those of about that length."""
        likely: list[tuple[float, int]] = []
        most_first = sorted(seen, key=seen.__getitem__, reverse=True)
        for count, numbers in groupby(most_first, seen.__getitem__):
            likely += ((count - 0.2 * abs(len(self.words[one]) - length), one) for one in islice(numbers, _SIEVED))
            if len(likely) >= _SIEVED:
                break
        return [number for _, number in nlargest(_COMPARED, likely)]

    def _telling(self, token: str) -> list[str]:
        """The pairs of letters to look for: the rarest first, until there are enough."""
        pairs = sorted((pair for pair in set(_pairs(token)) if pair in self.with_pair), key=self._frequency)
        total, chosen = 0, list[str]()
        for pair in pairs:
            total += self._frequency(pair)
            if total > _COUNTED and len(chosen) >= 3:
                break
            chosen.append(pair)
        return chosen

    def _frequency(self, pair: str) -> int:
        return len(self.with_pair[pair])

    def _scored(self, tokens: Sequence[str], alike: Sequence[Alike]) -> "Scores":
        scores = Scores(self, len(tokens))
        rare_first = sorted(zip(tokens, alike, strict=True), key=lambda one: self._reach(one[1]))
        for token, words in rare_first:
            scores.add(words, self._coded(token), self._weight(words))
        return scores

    def _coded(self, token: str) -> Mapping[int, float]:
        """The schools whose BRIN or postcode this begins."""
        found: dict[int, float] = {}
        if _POSTCODE_LIKE.fullmatch(token):
            found |= dict.fromkeys(self._beginning(self.by_postcode, token, lambda one: one.postcode or ""), _POSTCODE)
        if _BRIN_LIKE.fullmatch(token):
            found |= dict.fromkeys(self._beginning(self.by_brin, token, lambda one: one.brin.value), _BRIN)
        return found

    def _beginning(self, order: "array[int]", token: str, code: Callable[[School], str]) -> Iterator[int]:
        """Those of a sorted row whose code begins so."""
        wanted = token.upper()
        at = bisect_left(order, wanted, key=lambda one: code(self.schools[one]))
        while at < len(order) and code(self.schools[order[at]]).startswith(wanted):
            yield order[at]
            at += 1

    def _reach(self, words: Alike) -> int:
        return sum(self.schools_of.length(number) for number in words)

    def _weight(self, words: Alike) -> float:
        """How much a word tells: that of the one that fits best, so that a rare word alike does not outdo it."""
        if not words:
            return 0.0
        best = max(words, key=words.__getitem__)
        return math.log(1 + len(self.schools) / self.schools_of.length(best))

    def _number(self, word: str) -> int | None:
        at = bisect_left(self.words, word)
        return at if at < len(self.words) and self.words[at] == word else None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of numbers of any length, in two arrays."""

    begins: "array[int]"
    numbers: "array[int]"

    @classmethod
    def of(cls, rows: Iterable[Iterable[int]]) -> "Rows":
        """These rows."""
        begins, numbers = array("I", [0]), array("I")
        for row in rows:
            numbers.extend(row)
            begins.append(len(numbers))
        return cls(begins, numbers)

    def row(self, at: int) -> "array[int]":
        """The numbers of one."""
        return self.numbers[self.begins[at] : self.begins[at + 1]]

    def length(self, at: int) -> int:
        """How many that is."""
        return self.begins[at + 1] - self.begins[at]


class Scores:
    """What schools score in one search."""

    def __init__(self, index: SchoolIndex, tokens: int) -> None:
        self._index = index
        self._tokens = tokens
        self._scores: dict[int, float] = {}
        self._met: Counter[int] = Counter()

    @property
    def complete(self) -> bool:
        """Whether some school has something of every word that was typed."""
        return self._tokens in self._met.values()

    def add(self, words: Alike, coded: Mapping[int, float], weight: float) -> None:
        """Count one typed word. Common words add to schools that rarer ones found, and find others if there is none."""
        rows, of = self._index.words_of, self._index.schools_of
        fits: dict[int, float] = {}
        if self._scores and sum(map(of.length, words)) > _REACH * len(self._scores):
            for school in self._scores:
                fit = max((words[number] for number in rows.row(school) if number in words), default=0.0)
                if fit:
                    fits[school] = fit * weight
        else:
            # The best last, so that it is what stays.
            for number, fit in sorted(words.items(), key=itemgetter(1)):
                fits |= dict.fromkeys(of.row(number), fit * weight)
        fits |= coded
        for school, fit in fits.items() if self._scores else ():
            self._scores[school] = self._scores.get(school, 0.0) + fit
        self._scores = self._scores or fits
        self._met.update(fits.keys())

    def best(self, preferred: bytes) -> list[int]:
        """Best first. Of equals those that have least besides what was typed, then in the order of the index."""
        rows, met, scores = self._index.words_of, self._met, self._scores
        if len(scores) > _MANY:
            scores = {at: scores[at] for at in compress(scores, map(preferred.__getitem__, scores))} or scores
        least = max(scores.values(), default=0.0) / 3
        if len(scores) > _MANY:
            least = max(least, sorted(scores.values())[-_MANY])
        good = sorted(at for at, score in scores.items() if score >= least)[:_MANY]
        ranked = {
            at: scores[at] * (1 + _PREFERRED * preferred[at]) + 0.5 * met[at] / (rows.length(at) or 1) for at in good
        }
        return sorted(good, key=ranked.__getitem__, reverse=True)


def _text(school: School) -> str:
    return folded(" ".join([*school.names.values(), *school.nicknames, school.place or ""]))


def _words(text: str) -> list[str]:
    """Without apostrophes, which people leave out: 't, Da Vinci's."""
    return _WORD.findall(text.replace("'", "").replace("\u2019", ""))


def _pairs(word: str) -> Iterator[str]:
    """Each letter with the one before; the first with nothing."""
    return (f"{before}{letter}" for before, letter in zip(f"^{word}", word, strict=False))
