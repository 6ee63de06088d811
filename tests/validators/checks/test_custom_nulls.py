"""fp.check: what nulls make of integers and bools in NumPy's and pandas' types, where these have none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp

BIG = 2**53 + 1


def ended(function: Callable[..., Any], mode: str, rows: Any, contract: str, **options: Any) -> tuple[str, int | None]:
    made = fp.check(columns=["c"], mode=mode, name="c", version="1")(function)
    (found,) = (o for o in fp.validate(rows, f"columns: {{c: {contract}}}\n", checks=[made], **options).outcomes if o.check == "checks")
    return str(found.status), found.count


ODD: dict[str, Callable[..., Any]] = {
    "pandas": lambda c: (c % 2 == 1) | c.isna(),
    "numpy": lambda c: (c % 2 == 1) | np.isnan(c),
    "row": lambda c: None if c is None else c % 2 == 1,
}


@pytest.mark.parametrize("mode", ODD)
@pytest.mark.parametrize("nulls", [[], [5], [0, 2999], range(2000, 2100), range(3000)])
def test_large_integers_are_whole_whatever_stands_beside_them(mode: str, nulls: Any, tmp_path: Path) -> None:
    lacking = set(nulls)
    values = [None if i in lacking else 2**53 + 1 + 2 * i - (i % 1000 == 7) for i in range(3000)]
    even = sum(value is not None and value % 2 == 0 for value in values)
    pq.write_table(pa.table({"c": pa.array(values, pa.int64())}), tmp_path / "x.parquet", row_group_size=500)
    for partitions in (1, 3):
        source = fp.read_parquet(str(tmp_path / "x.parquet"))
        assert ended(ODD[mode], mode, source, "int64", partitions=partitions) == (("failed", even) if even else ("passed", 0))


@pytest.mark.parametrize("values", [[123456], [123456, None], [None, 12345, 123456], [1234, None, None], [None, None]])
def test_a_code_has_the_digits_that_it_has_alone(values: list[int | None]) -> None:
    short = sum(value is not None and len(str(value)) != 6 for value in values)
    found = ended(
        lambda c: c.map(lambda v: len(str(v)) == 6, na_action="ignore"), "pandas", pa.table({"c": pa.array(values, pa.int64())}), "int64"
    )
    assert found == (("failed", short) if short else ("passed", 0))


@pytest.mark.parametrize("mode", ["pandas", "numpy", "row"])
def test_items_of_lists_are_whole(mode: str) -> None:
    def small(c: Any) -> Any:
        fine = [None if one is None else all(item is None or item <= 2**53 for item in one) for one in ([c] if mode == "row" else c)]
        return fine[0] if mode == "row" else np.array(fine, object)

    rows = pa.table({"c": pa.array([[BIG, None], [1, None], None, [], [1], [BIG]], pa.list_(pa.int64()))})
    assert ended(small, mode, rows, "list<int64>") == ("failed", 2)


def test_bools() -> None:
    rows = pa.table({"c": [True, None, False, True]})
    assert ended(lambda c: c if c.dtype == bool else [None] * len(c), "numpy", rows, "bool") == ("failed", 1)
