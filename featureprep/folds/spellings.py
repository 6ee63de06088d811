"""What texts are spelt like that are no mere texts: numbers and dates that no type reads as they stand, lists, codes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, pack, unpack
from featureprep.folds.distinct import entries
from featureprep.hashing.layout import plain

SEPARATORS: Final = "|;"
"""What may stand between the words of a list."""
_MOST_WORDS: Final = 3
"""Between two separators; more are a sentence."""
_LONG: Final = tuple(rf"(?:^|[{s}])\s*(?:[^{s}\s]+\s+){{{_MOST_WORDS}}}[^{s}\s]" for s in SEPARATORS)
_SENTENCES: Final = 0.1
"""Of the texts with a separator so many may have more words."""
_AFFIXES: Final = "$€£%"
_MARKS: Final = _AFFIXES + ",."
_SIGNED: Final = "[ ]*[+-]?[$€£]? ?[+-]?"
_NUMBERS: Final = (
    rf"{_SIGNED}(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(?:\.[0-9]+)? ?[%€]?[ ]*",
    rf"{_SIGNED}(?:[0-9]{{1,3}}(?:\.[0-9]{{3}})+|[0-9]+)(?:,[0-9]+)? ?[%€]?[ ]*",
)
"""With commas between thousands; with a decimal comma, and points between thousands."""
_DAY: Final = "(?:0?[1-9]|[12][0-9]|3[01])"
_TIME: Final = r"(?:(?P<gap>[ T])[0-9]{1,2}:[0-9]{2}(?P<second>:[0-9]{2})?)?"
_DATES: Final = (
    (re.compile(rf"{_DAY}(?P<mark>[./-]){_DAY}(?P=mark)(?:(?P<year>[0-9]{{4}})|[0-9]{{2}}){_TIME}"), True),
    (re.compile(rf"(?P<year>[0-9]{{4}})(?P<mark>[./]){_DAY}(?P=mark){_DAY}{_TIME}"), False),
)
"""Forms of dates, and whether they begin with a day or a month."""
_DIRECTIVES: Final = {"%Y": "[0-9]{4}", "%y": "[0-9]{2}", "%d": _DAY, "%m": _DAY, "%H": "[0-9]{1,2}", "%M": "[0-9]{2}", "%S": "[0-9]{2}"}
_BEYOND: Final = "(?:1[3-9]|2[0-9]|3[01])"
"""A day that is no month."""
_PROBE: Final = 64


@dataclass(frozen=True)
class Spelling:
    """What all texts of a column are spelt like.

    Attributes
    ----------
    replacements : tuple of (old, new)
        What makes numbers of them, where all are numbers and some are not spelt as `cast` reads them; else empty.
    ambiguous : bool
        Whether the commas of these numbers may as well be decimal ones.
    formats : tuple of str
        Where all are dates or times: the strptime-like formats that read them, two where days and months cannot be told apart.
    separator : str or None
        `|` or `;`, where most texts are lists of short words with it between them.
    """

    replacements: tuple[tuple[str, str], ...] = ()
    ambiguous: bool = False
    formats: tuple[str, ...] = ()
    separator: str | None = None


@dataclass(frozen=True)
class Seen:
    """What was seen of some texts; `date` is None before the first one, "" where they are no dates of one form."""

    filled: int = 0
    held: tuple[int, ...] = (0,) * len(SEPARATORS)
    long: tuple[int, ...] = (0,) * len(SEPARATORS)
    numbers: tuple[bool, ...] = (True,) * len(_NUMBERS)
    marks: str = ""
    date: str | None = None
    beyond: tuple[bool, bool] = (False, False)

    def merge(self, other: Seen) -> Seen:
        """What was seen of both."""
        date = self.date if other.date is None else other.date if self.date is None or self.date == other.date else ""
        return Seen(
            self.filled + other.filled,
            tuple(a + b for a, b in zip(self.held, other.held, strict=True)),
            tuple(a + b for a, b in zip(self.long, other.long, strict=True)),
            tuple(a and b for a, b in zip(self.numbers, other.numbers, strict=True)),
            "".join(mark for mark in _MARKS if mark in self.marks or mark in other.marks),
            date,
            (self.beyond[0] or other.beyond[0], self.beyond[1] or other.beyond[1]),
        )


@dataclass(frozen=True)
class Spellings(Fold):
    """The spelling of a string column; nulls, blank texts and those `passed` over say nothing of numbers and dates.

    About 60 ns a text that is neither a number nor a date, 240 ns one that is.

    Parameters
    ----------
    passed : tuple of str
        Such as spellings of null.
    """

    passed: tuple[str, ...] = ()
    name: ClassVar[str] = "spellings"

    def init(self) -> Seen:
        return Seen()

    def update(self, state: Seen, *columns: pa.Array) -> Seen:
        (array,) = columns
        texts, counts, _ = entries(array)
        if not len(texts) or pa.types.is_null(texts.type):
            return state
        return self._numbers_and_dates(self._lists(state, texts, counts), texts)

    def _lists(self, state: Seen, texts: pa.Array, counts: np.ndarray[Any, np.dtype[np.int64]]) -> Seen:
        held, long = list(state.held), list(state.long)
        for at, separator in enumerate(SEPARATORS):
            if not _somewhere(separator, texts):
                continue
            found = pc.match_substring(texts, separator)
            if not found.true_count:
                continue
            times = counts[found.to_numpy(zero_copy_only=False)]
            wordy = pc.match_substring_regex(texts.filter(found), _LONG[at])
            held[at] += int(times.sum())
            long[at] += int(times[wordy.to_numpy(zero_copy_only=False)].sum())
        return replace(state, filled=state.filled + int(counts.sum()), held=tuple(held), long=tuple(long))

    def _numbers_and_dates(self, state: Seen, texts: pa.Array) -> Seen:
        if not any(state.numbers) and state.date == "":
            return state
        first = self._first(texts)
        if first is None:
            return state
        numbers = tuple(
            fits and re.fullmatch(pattern, first) is not None and self._all(texts, pattern)
            for fits, pattern in zip(state.numbers, _NUMBERS, strict=True)
        )
        marks = "".join(mark for mark in _MARKS if any(numbers) and pc.any(pc.match_substring(texts, mark)).as_py())
        date = _date_format(first) if state.date != "" else ""
        if date and not self._all(texts, _pattern(date)):
            date = ""
        return state.merge(Seen(numbers=numbers, marks=marks, date=date, beyond=_beyond(texts, date)))

    def _first(self, texts: pa.Array) -> str | None:
        """The first text that says something."""
        for some in (texts.slice(0, _PROBE), texts):
            telling = self._telling(some)
            if len(telling):
                return str(telling[0].as_py())
        return None

    def _telling(self, texts: pa.Array) -> pa.Array:
        """The texts that are neither blank nor passed over."""
        texts = texts.filter(pc.invert(pc.is_in(texts, value_set=pa.array(self.passed, texts.type))))
        return texts.filter(pc.match_substring_regex(texts, r"\S"))

    def _all(self, texts: pa.Array, pattern: str) -> bool:
        """Whether all texts that say something are spelt so."""
        for some in (texts.slice(0, _PROBE), texts):
            others = some.filter(pc.invert(pc.match_substring_regex(some, f"^(?:{pattern})$")))
            if len(self._telling(others)):
                return False
        return True

    def merge(self, a: Seen, b: Seen) -> Seen:
        return a.merge(b)

    def finish(self, state: Seen) -> Spelling:
        lists = (
            separator
            for separator, held, long in zip(SEPARATORS, state.held, state.long, strict=True)
            if 2 * held > state.filled and long <= _SENTENCES * held
        )
        replacements = _replacements(state)
        grouped = state.numbers[0]
        return Spelling(
            replacements,
            grouped and state.numbers[1] and (",", "") in replacements,
            _formats(state),
            next(lists, None),
        )

    def encode(self, state: Seen) -> bytes:
        header = {"filled": state.filled, "held": list(state.held), "long": list(state.long), "numbers": list(state.numbers)}
        return pack({**header, "marks": state.marks, "date": state.date, "beyond": list(state.beyond)})

    def decode(self, data: bytes | memoryview) -> Seen:
        match unpack(data, self.name)[0]:
            case {
                "filled": int(filled), "held": [int(), int()] as held, "long": [int(), int()] as long, "marks": str(marks),
                "numbers": [bool(), bool()] as numbers, "date": str() | None as date, "beyond": [bool(first), bool(second)],
            }:  # fmt: skip
                return Seen(filled, tuple(held), tuple(long), tuple(numbers), marks, date, (first, second))
        raise corrupt(self.name)


@dataclass(frozen=True)
class AnyText(Fold):
    """Whether some text of a string column matches a regular expression somewhere, and not another one; a bool.

    Parameters
    ----------
    pattern, but : str
        In RE2's language; with an empty `but` the first alone counts.
    """

    pattern: str
    but: str = ""
    name: ClassVar[str] = "any_text"

    def init(self) -> bool:
        return False

    def update(self, state: bool, *columns: pa.Array) -> bool:
        if state:
            return True
        texts = plain(columns[0]).drop_null()
        if not len(texts) or pa.types.is_null(texts.type):
            return False
        found = texts.filter(pc.match_substring_regex(texts, self.pattern))
        if self.but:
            found = found.filter(pc.invert(pc.match_substring_regex(found, self.but)))
        return len(found) > 0

    def merge(self, a: bool, b: bool) -> bool:
        return a or b

    def finish(self, state: bool) -> bool:
        return state

    def encode(self, state: bool) -> bytes:
        return pack({"found": state})

    def decode(self, data: bytes | memoryview) -> bool:
        match unpack(data, self.name)[0]:
            case {"found": bool(found)}:
                return found
        raise corrupt(self.name)


def _somewhere(character: str, texts: pa.Array) -> bool:
    """Whether an ASCII character is among the bytes of texts, or beside them in their buffer: a search of each text takes ten times as long."""
    data = texts.buffers()[-1]
    return data is not None and bool((np.frombuffer(data, np.uint8) == ord(character)).any())


def _date_format(text: str) -> str:
    """The format of one text, days before months where both are numbers; "" where it is no such date."""
    for pattern, days_first in _DATES:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = ("%d", "%m", "%Y" if found["year"] else "%y") if days_first else ("%Y", "%m", "%d")
        time = f"{found['gap']}%H:%M{':%S' if found['second'] else ''}" if found["gap"] else ""
        return found["mark"].join(parts) + time
    return ""


def _pattern(date: str) -> str:
    """The regular expression of a format's texts."""
    pieces = re.findall(r"%.|[^%]", date)
    return "".join(_DIRECTIVES.get(piece) or re.escape(piece) for piece in pieces)


def _beyond(texts: pa.Array, date: str) -> tuple[bool, bool]:
    """Whether some first, some second number of dates that begin with two can be no month."""
    if not date.startswith("%d"):
        return (False, False)
    mark = re.escape(date[2])
    patterns = (f"^{_BEYOND}{mark}", f"^[0-9]{{1,2}}{mark}{_BEYOND}{mark}")
    first, second = (bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py()) for pattern in patterns)
    return first, second


def _replacements(state: Seen) -> tuple[tuple[str, str], ...]:
    away = [(mark, "") for mark in state.marks if mark in _AFFIXES]
    if state.numbers[0]:
        return (*away, *([(",", "")] if "," in state.marks else []))
    if not state.numbers[1]:
        return ()
    return (*away, *([(".", "")] if "." in state.marks else []), *([(",", ".")] if "," in state.marks else []))


def _formats(state: Seen) -> tuple[str, ...]:
    if not state.date:
        return ()
    if not state.date.startswith("%d"):
        return (state.date,)
    month_first = f"%m{state.date[2]}%d{state.date[5:]}"
    first, second = state.beyond
    if first and second:
        return ()
    if second:
        return (month_first,)
    # with points the day comes first wherever dates are written so
    return (state.date,) if first or state.date[2] == "." else (state.date, month_first)
