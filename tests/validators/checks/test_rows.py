"""How many rows there are, in words."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from featureprep.validators.outcome import Outcome

Judge = Callable[..., dict[str, Outcome]]


@pytest.mark.parametrize(("n", "told"), [(1, "there is 1 row"), (2, "there are 2 rows"), (1234, "there are 1,234 rows")])
def test_rows_are_told_in_words(judge: Judge, n: int, told: str) -> None:
    outcome = judge("columns: {a: int64}\nrows: {min: 10000}", pa.table({"a": [1] * n}))["$/rows/min"]
    assert (outcome.message, outcome.rule) == (told, "has at least 10000 rows")
    assert judge("columns: {a: int64}\nrows: {max: 1}", pa.table({"a": [1, 2]}))["$/rows/max"].rule == "has at most 1 row"
