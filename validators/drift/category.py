"""The shape of a column of categories: exact counts of its most frequent values, and the sum of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.folds.value_counts import CountsResult
from featureprep.hashing.single import hash64_value
from featureprep.types import format_type, is_temporal
from featureprep.validators.drift.stored import integer_of, is_count, require

LIMIT: Final = 1000
"""Values that are kept, at most."""
_KEY: Final = 200
"""Code points of a longer value that are kept, followed by the hash of the whole."""


@dataclass(frozen=True)
class CategoryShape:
    """How often each value of a column occurs.

    Attributes
    ----------
    n, nulls, nans : int
        Values, and what is none.
    n_unique : int
        Different values.
    counts : mapping of text to int
        Of the most frequent values, at least as often as any other: all of them where `rest` is 0. Text stands for itself,
        booleans are "true" and "false", numbers and decimals as Python writes them, bytes in hexadecimal digits.
    most_unique : int, optional
        Where this stands for several columns together (`pooling`): how many different values there can be, `n_unique` being the least
        number.
    """

    n: int
    nulls: int
    nans: int
    n_unique: int
    counts: Mapping[str, int]
    most_unique: int | None = None

    @property
    def rows(self) -> int:
        return self.n + self.nulls + self.nans

    @cached_property
    def rest(self) -> int:
        """How many rows have a value that is not kept."""
        return self.n - sum(self.counts.values())

    @cached_property
    def most(self) -> int:
        """No value that is not kept occurs more often."""
        unkept = self.n_unique - len(self.counts)
        if not unkept:
            return 0
        # each of the others takes one row at least
        alone = self.rest - (unkept - 1)
        return min(alone, min(self.counts.values(), default=alone))

    def to_json(self) -> dict[str, Any]:
        """JSON values only; `from_json` gives an equal shape back."""
        head = {name: getattr(self, name) for name in ("n", "nulls", "nans", "n_unique")}
        return {"shape": "categories", **head, "counts": [list(pair) for pair in self.counts.items()]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> CategoryShape:
        """The shape that `to_json` wrote.

        Raises
        ------
        CorruptArtefactError
            For anything that no column has.
        """
        keys = {"shape", "n", "nulls", "nans", "n_unique", "counts"}
        require(
            type(stored) is dict and set(stored) == keys and stored["shape"] == "categories",
            "its fields are not those of a shape of categories",
        )
        n, nulls, nans, n_unique = (integer_of(stored, name) for name in ("n", "nulls", "nans", "n_unique"))
        pairs = stored["counts"]
        sound = type(pairs) is list and all(type(p) is list and len(p) == 2 and type(p[0]) is str and is_count(p[1]) for p in pairs)
        require(sound and all(count > 0 for _, count in pairs), "its counts are not pairs of text and count")
        counts = dict(pairs)
        require(len(counts) == len(pairs), "a value stands twice")
        rest, others = n - sum(counts.values()), n_unique - len(counts)
        # every other value occurs once at least, and not more often than the rarest that is kept
        least = min(counts.values(), default=n)
        require(0 <= others <= rest <= others * least, "its counts do not add up")
        return cls(n, nulls, nans, n_unique, counts)


def category_shape(counts: CountsResult, *, limit: int = LIMIT) -> CategoryShape:
    """The shape of a column from its counted values, of which `limit` are kept at most.

    Raises
    ------
    ArgumentError
        For a limit that is no whole number from 0.
    TypeMismatchError
        For dates and times, which have a numeric shape.
    """
    if type(limit) is not int or limit < 0:
        raise ArgumentError.of("limit", "category_shape", "a whole number from 0", limit)
    if is_temporal(counts.values.type):
        raise TypeMismatchError(
            f"a shape of categories is not for {format_type(counts.values.type)}", hint="take numeric_shape of the column cast to int64"
        )
    kept = counts.values.slice(0, limit)
    keys = [_key(value, kept.type) for value in kept.to_pylist()]
    return CategoryShape(counts.n, counts.nulls, counts.nans, counts.n_unique, dict(zip(keys, counts.counts[:limit].tolist(), strict=True)))


def _key(value: Any, dtype: pa.DataType) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value.hex() if isinstance(value, bytes) else str(value)
    if len(text) <= _KEY:
        return text
    # no kept value is as long as this, so it stands for none but its own
    return f"{text[:_KEY]}…{hash64_value(value, dtype):016x}"
