"""What is known of a column when a first job is written for it: from its contract, and from statistics where data was given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from featureprep.folds.spellings import Spelling
from featureprep.jobs.look import Look
from featureprep.jobs.odd_spellings import is_odd, spelling_of
from featureprep.types import is_float, is_integer, is_list, is_text
from featureprep.validators.contract import Column, SourceContract
from featureprep.validators.reasons import Severity

_ID_NAME = re.compile(r"(^|[^A-Za-z0-9])(id|ids|uid|uuid|guid|key|pk|rowid|rownames?|index|idx)$", re.IGNORECASE)
_CAMEL_ID = re.compile(r"[a-z0-9](Id|ID|Key|Uuid|UUID)$")
_ROW_NUMBER = re.compile(r"rownames?|row_?(no|num|number|id)?|index|idx|instant|unnamed: 0|record_?(no|num|number)|#", re.IGNORECASE)
_CODE_NAME = re.compile(
    r"(^|[^a-z])(zip|zip_?code|post(al)?_?code|code|tract|fips|iban|sku|isbn|phone|flight)(_?(no|num|number))?$", re.IGNORECASE
)
_ROUND_NAMES = {
    24: re.compile(r"(^|[^a-z])(hour|hr|hh)$", re.IGNORECASE),
    12: re.compile(r"(^|[^a-z])(month|mnth|mon)$", re.IGNORECASE),
    7: re.compile(r"(^|[^a-z])(weekday|week_day|day_?of_?week|dow|wday)$", re.IGNORECASE),
    60: re.compile(r"(^|[^a-z])(minute|min|second|sec)$", re.IGNORECASE),
}
"""How many there are of what comes round again, and what it is called."""
_EPOCH_NAME = re.compile(r"time|date|_at$|^ts$|created|updated", re.IGNORECASE)
_EPOCH = {"s": (315_532_800, 4_102_444_800), "ms": (315_532_800_000, 4_102_444_800_000)}
"""1980 to 2100, in seconds and milliseconds since 1970."""
_ENOUGH = 20
_FEW_REPEATS = 0.02
_LONGEST_ID = 64
"""Characters; a text column whose values all differ is an identifier only up to this length."""


@dataclass(frozen=True)
class Facts:
    """One column.

    Attributes
    ----------
    rows : int or None
        Of the data; None where only the contract is known, as are all figures below.
    filled : int or None
        Cells that are neither null nor NaN.
    distinct : int or None
        Different values.
    never_null : bool
        Whether the contract lets no row pass that has a null here; for floats, also that NaN is ruled out or was not found.
    values : tuple
        Values, the most frequent first: all of them for small domains, else some; none for sensitive columns.
    low, high, quantiles
        Of numbers; of dates and timestamps `low` and `high` are texts in ISO form.
    spelling : Spelling or None
        What the texts are spelt like: of all rows, or of the values of a domain.
    zeros, offset : bool
        Whether some cell begins with a zero, or has an offset from UTC, that its number or timestamp does not keep.
    """

    name: str
    type: pa.DataType
    sensitive: bool = False
    training_only: bool = False
    never_null: bool = False
    rows: int | None = None
    filled: int | None = None
    distinct: int | None = None
    values: tuple[Any, ...] = ()
    low: Any = None
    high: Any = None
    quantiles: Mapping[float, float] | None = None
    length: float | None = None
    spelling: Spelling | None = None
    zeros: bool = False
    offset: bool = False

    @property
    def missing(self) -> float:
        """The share of cells that are null or NaN; 0 where it is not known."""
        return 0.0 if not self.rows or self.filled is None else 1 - self.filled / self.rows

    @property
    def constant(self) -> bool:
        """Whether there is one value, or none."""
        if self.rows is None:
            return bool(pa.types.is_null(self.type))
        if self.filled == 0 or (self.distinct is not None and self.distinct <= 1):
            return True
        return self.distinct is None and self.low is not None and self.low == self.high

    @property
    def named_as_id(self) -> bool:
        return bool(_ID_NAME.search(self.name) or _CAMEL_ID.search(self.name) or _ROW_NUMBER.fullmatch(self.name))

    @property
    def named_as_code(self) -> bool:
        """Whether the name says that digits are not a quantity: a postcode, a tract, a phone number."""
        return bool(_CODE_NAME.search(self.name))

    @property
    def epoch_unit(self) -> str | None:
        """The unit of whole numbers that look like a time since 1970, by name and size."""
        if not (is_integer(self.type) and isinstance(self.low, int) and _EPOCH_NAME.search(self.name)):
            return None
        return next((unit for unit, (low, high) in _EPOCH.items() if low <= self.low <= self.high <= high), None)

    @property
    def period(self) -> int | None:
        """After how much whole numbers come round again that are hours, months, weekdays, minutes or seconds by name and range."""
        if not (is_integer(self.type) and isinstance(self.low, int) and isinstance(self.high, int)):
            return None
        return next((n for n, named in _ROUND_NAMES.items() if self.low >= 0 and n / 2 <= self.high <= n and named.search(self.name)), None)

    @property
    def repeats(self) -> int:
        """Rows of which another has the value too."""
        return 0 if self.filled is None or self.distinct is None else self.filled - self.distinct

    @property
    def all_differ(self) -> bool:
        """Whether no value stands there twice, in enough rows to mean something; an identifier by its name may repeat in a few."""
        if self.rows is None or self.rows < _ENOUGH or self.filled != self.rows or self.distinct is None:
            return False
        return self.repeats <= (self.rows * _FEW_REPEATS if self.named_as_id else 0)

    @property
    def is_key(self) -> bool:
        """Whether each row has a value of its own that looks like a name of the row: not a measure, not a text to be read."""
        if not self.all_differ or self.sensitive:
            return False
        if is_integer(self.type):
            dense = self.low is not None and self.high - self.low < 2 * (self.rows or 0)
            return self.named_as_id or (dense and self.epoch_unit is None)
        plain = not self.wordy and self.list_separator is None and not is_odd(self.spelling)
        return is_text(self.type) and (self.length or 0) <= _LONGEST_ID and plain

    @property
    def is_row_number(self) -> bool:
        """Whether it counts the rows of its file: another file has the same numbers."""
        return self.is_key and is_integer(self.type) and bool(_ROW_NUMBER.fullmatch(self.name))

    @property
    def wordy(self) -> bool:
        """Whether the values are sentences rather than names: 3 words or more, on average."""
        texts = [value for value in self.values if isinstance(value, str)]
        if not texts:
            return (self.length or 0) > 40
        return sum(len(text.split()) for text in texts) >= 3 * len(texts)

    @property
    def list_separator(self) -> str | None:
        """`|` or `;`, where most texts are lists of short words with it between them."""
        return None if self.spelling is None else self.spelling.separator

    @property
    def long_tailed(self) -> bool:
        """Whether numbers from 0 up have a few that are far above the rest."""
        if self.quantiles is None or self.low is None or self.low < 0:
            return False
        return bool(self.high > 10 * max(self.quantiles.get(0.95, self.high), 1e-300) or self.high > 50 * max(self.quantiles[0.5], 1))

    @property
    def numeric(self) -> bool:
        return is_integer(self.type) or is_float(self.type) or bool(pa.types.is_decimal(self.type))


def facts_of(contract: SourceContract, seen: Look | None) -> list[Facts]:
    """The facts of all columns of a contract, in its order.

    Parameters
    ----------
    seen : Look, optional
        What all rows of the data are that the job will read.
    """
    if seen is None or not seen.rows:
        return [_stated(column) for column in contract.columns]
    found = {column["name"]: column for column in seen.statistics["columns"]}
    return [_measured(column, found[column.name], seen) if column.name in found else _stated(column) for column in contract.columns]


def _head(column: Column) -> dict[str, Any]:
    training_only = column.environments is not None and "SERVING" not in column.environments
    return {
        "name": column.name, "type": column.type, "sensitive": column.sensitive, "training_only": training_only,
        "never_null": _ruled_out(column, "nullable") and (not is_float(column.type) or _ruled_out(column, "not_nan")),
    }  # fmt: skip


def _ruled_out(column: Column, check: str) -> bool:
    """Whether a rule keeps something out, rather than only warning of it."""
    rule = column.rule(check)
    return rule is not None and rule.severity == Severity.ERROR and (rule.at_most is None or not rule.at_most.stated)


def _stated(column: Column) -> Facts:
    """From the contract alone: how many values a domain has."""
    rule = None if is_list(column.type) else column.rule("values")  # of lists it is about their items
    values = tuple(rule.params["values"]) if rule is not None else ()
    texts = [value for value in values if isinstance(value, str)]
    return Facts(**_head(column), distinct=len(values) or None, values=values, spelling=spelling_of(texts))


def _measured(column: Column, found: Mapping[str, Any], seen: Look) -> Facts:
    masked = column.sensitive or bool(found.get("masked"))
    lengths = found.get("lengths")
    head = _head(column)
    if not found["nans"]:
        head["never_null"] = _ruled_out(column, "nullable")
    return Facts(
        **head,
        rows=seen.rows,
        filled=found["n"] + found.get("infs", 0),
        distinct=found.get("n_unique"),
        values=() if masked else tuple(value for value, _ in found.get("top", ())),
        low=None if masked else found.get("min"),
        high=None if masked else found.get("max"),
        quantiles=None if masked or not found.get("quantiles") else dict(found["quantiles"]),
        length=None if lengths is None else lengths["mean"],
        spelling=seen.spellings.get(column.name),
        zeros=column.name in seen.zeros,
        offset=column.name in seen.offsets,
    )
