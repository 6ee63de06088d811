"""Shapes of dates, times, decimals and lists, as statistics keep them, against SciPy on the columns themselves."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pytest

import featureprep.validators
from featureprep import canonical
from featureprep.errors import CorruptArtefactError
from featureprep.validators.drift import NumericShape, Verdict, compare
from featureprep.validators.drift.baseline import Baseline, baseline_of
from featureprep.validators.drift.cells import edges_of
from featureprep.validators.drift.pooling import pooled
from featureprep.validators.drift.shapes import shape_from_json
from featureprep.validators.drift.units import shown
from featureprep.validators.statistics import column_folds, finish

stats = pytest.importorskip("scipy.stats")
spatial = pytest.importorskip("scipy.spatial.distance")
FoldOver = Callable[..., dict[str, Any]]
KINDS = ("day", "at", "zoned", "price", "items", "words", "lengths")
NUMERIC = tuple(kind for kind in KINDS if kind != "words")


def table(seed: int, n: int, shift: int) -> pa.Table:
    """Columns of every kind, later, dearer and longer by `shift`, with nulls in each."""
    rng = np.random.default_rng(seed)
    days = 19_000 + shift * 3 + rng.binomial(60, 0.4, n)
    micros = 1_700_000_000_000_000 + shift * 3_600_000_000 + (rng.exponential(1e10, n)).astype(np.int64)
    cents = np.round(rng.lognormal(3 + shift / 10, 1, n) * 100).astype(np.int64)
    lists = [rng.integers(0, 40 + shift, size).tolist() for size in rng.poisson(2 + shift / 4, n)]
    made = {
        "day": pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32()),
        "at": pa.array(micros, pa.timestamp("us")),
        "zoned": pa.array(micros, pa.timestamp("us", "Europe/Berlin")),
        "price": pa.array([Decimal(int(c)).scaleb(-2) for c in cents], pa.decimal128(20, 2)),
        "items": pa.array(
            [None if i % 19 == 0 else [None if x == 7 else x for x in each] for i, each in enumerate(lists)], pa.list_(pa.int64())
        ),
        "words": pa.array([[f"w{x % 9}" for x in each] for each in lists], pa.list_(pa.string())),
    }
    nulls = pa.array(rng.random(n) < 0.1)
    for name in ("day", "at", "price"):
        made[name] = pa.compute.if_else(nulls, pa.scalar(None, made[name].type), made[name])
    return pa.table(made)


def values_of(made: pa.Table, kind: str) -> Any:
    """What is measured, by another way than the product's."""
    if kind == "lengths":
        return np.array([len(each) for each in made["items"].to_pylist() if each is not None], float)
    cells = made[kind].drop_null().to_pylist()
    if kind == "day":
        return np.array([(each - dt.date(1970, 1, 1)).days for each in cells], float)
    if kind in ("at", "zoned"):
        return np.array([each.timestamp() if each.tzinfo else each.replace(tzinfo=dt.UTC).timestamp() for each in cells])
    if kind == "price":
        return np.array([float(each) for each in cells])
    return np.array([x for each in cells for x in each if x is not None], float)


def kept(fold_over: FoldOver, made: pa.Table, *cuts: int, merged: str = "left") -> tuple[Baseline, dict[str, Any]]:
    results = fold_over(column_folds(made.schema, shapes=True), made, cuts, merged=merged)
    section = json.loads(canonical.dumps(finish(results, made.schema, shapes=True)))
    return baseline_of(section, "old@1", made.column_names), section


def shape(baseline: Baseline, kind: str) -> Any:
    return baseline.lengths["items"] if kind == "lengths" else baseline.shapes[kind]


def found(measure: str, a: Any, b: Any, **options: Any) -> Any:
    return compare(measure, a, b, **options)


def label(a: Baseline, b: Baseline, kind: str) -> str:
    """Of what moved most."""
    return str(found("linf", a.shapes[kind], b.shapes[kind]).moved.label)


@pytest.fixture(scope="module")
def pair() -> tuple[pa.Table, pa.Table]:
    return table(1, 6000, 0), table(2, 5000, 2)


@pytest.mark.parametrize("kind", NUMERIC)
def test_agrees_with_scipy(pair: tuple[pa.Table, pa.Table], fold_over: FoldOver, kind: str) -> None:
    (a, _), (b, _) = (kept(fold_over, made) for made in pair)
    was, now = shape(a, kind), shape(b, kind)
    x, y = (values_of(made, kind) for made in pair)
    assert (was.n, now.n) == (len(x), len(y))
    assert was.points[0] == x.min()
    assert was.points[-1] == x.max()
    assert was.below.tolist() == [int((x < point).sum()) for point in was.points]
    assert was.mean == pytest.approx(x.mean(), rel=1e-12)
    assert was.std == pytest.approx(x.std(), rel=1e-7)
    ks, w, js, psi = (found(name, was, now, missing=False) for name in ("kolmogorov_smirnov", "wasserstein", "jensen_shannon", "psi"))
    assert ks.low - 1e-12 <= stats.ks_2samp(x, y).statistic <= ks.high + 1e-12
    assert ks.error <= 2 / 1024
    expected = stats.wasserstein_distance(x, y)
    assert w.low - 1e-9 * expected <= expected <= w.high + 1e-9 * expected
    for measure, cuts in ((js, edges_of(was, now)), (psi, edges_of(was, bins=10))):
        p, q = (np.histogram(each, np.concatenate([[-np.inf], cuts, [np.inf]]))[0] for each in (x, y))
        if measure is js:
            expected = spatial.jensenshannon(p / len(x), q / len(y), base=2) ** 2
        else:
            p, q = (p + 0.5) / (len(x) + len(p) / 2), (q + 0.5) / (len(y) + len(q) / 2)
            expected = float(((q - p) * np.log(q / p)).sum())
        assert measure.low - 1e-9 <= expected <= measure.high + 1e-9


def test_units_are_told(pair: tuple[pa.Table, pa.Table], fold_over: FoldOver) -> None:
    (a, _), (b, _) = (kept(fold_over, made) for made in pair)
    units = {kind: shape(a, kind).unit for kind in NUMERIC}
    assert units == {"day": "date", "at": "timestamp", "zoned": "timestamp", "price": "", "items": "", "lengths": "length"}
    told = {kind: found("wasserstein", shape(a, kind), shape(b, kind)) for kind in NUMERIC}
    assert {kind: drift.unit for kind, drift in told.items()} == {
        "day": "days", "at": "seconds", "zoned": "seconds", "price": "", "items": "", "lengths": "items",
    }  # fmt: skip
    # rows are six days later, but for chance
    assert told["day"].sentence.startswith("wasserstein is 5.966 days; chance")
    assert told["day"].to_json()["unit"] == "days"
    assert compare("kolmogorov_smirnov", a.shapes["day"], b.shapes["day"]).unit == ""


def test_what_moved_is_a_date(fold_over: FoldOver) -> None:
    (a, _), (b, _) = (
        kept(
            fold_over,
            pa.table(
                {
                    "d": [dt.date(2024, 2, 29), dt.date(2024, 3, day)] * 500,
                    "t": [dt.datetime(2024, 1, 1, 0, 0, 0, 1), dt.datetime(2024, 1, day)] * 500,
                }
            ),
        )
        for day in (7, 8)
    )
    assert label(a, b, "d") == "2024-03-07"
    assert label(a, b, "t") == "2024-01-07 00:00:00"
    assert [shown(value, "date") for value in (-719162.0, 0.0, 1.5, 1e9)] == ["0001-01-01", "1970-01-01", "1.5", "1000000000"]
    assert [shown(value, "timestamp") for value in (1.000001, -1.0, 1e300)] == [
        "1970-01-01 00:00:01.000001",
        "1969-12-31 23:59:59",
        "1e+300",
    ]


def test_items_are_those_of_all_lists(pair: tuple[pa.Table, pa.Table], fold_over: FoldOver) -> None:
    before = pair[0]
    baseline, _ = kept(fold_over, before)
    items, lengths, words = (shape(baseline, kind) for kind in ("items", "lengths", "words"))
    cells = before["items"].to_pylist()
    assert isinstance(items, NumericShape)
    assert items.nulls == sum(x is None for each in cells if each is not None for x in each)
    assert lengths.nulls == sum(each is None for each in cells)
    values, counts = np.unique([x for each in before["words"].to_pylist() for x in each], return_counts=True)
    assert words.counts == dict(zip(values.tolist(), counts.tolist(), strict=True))


def test_the_same_in_any_pieces_and_by_its_schema(pair: tuple[pa.Table, pa.Table], fold_over: FoldOver) -> None:
    whole = kept(fold_over, pair[0])[1]
    assert kept(fold_over, pair[0], 1, 2000, 2001)[1] == whole
    assert kept(fold_over, pair[0], 10, 5000, merged="right")[1] == whole
    path = Path(featureprep.validators.__path__[0]) / "schemas" / "statistics.json"
    jsonschema.validate(whole, json.loads(path.read_text(encoding="utf-8")))


def test_other_units_are_not_compared(fold_over: FoldOver) -> None:
    baseline, _ = kept(fold_over, table(3, 50, 0))
    drift = compare("kolmogorov_smirnov", baseline.shapes["day"], baseline.shapes["at"])
    assert (drift.verdict, drift.why) == (Verdict.NOT_EVALUATED, "one column holds dates, the other times")
    drift = compare("kolmogorov_smirnov", baseline.shapes["price"], baseline.lengths["items"])
    assert drift.why == "one column holds numbers, the other lengths of lists"
    assert pooled([baseline.shapes["day"], baseline.shapes["at"]]) is None
    both: Any = pooled([baseline.shapes["day"], baseline.shapes["day"]])
    assert both.unit == "date"


@pytest.mark.parametrize("bad", ["parsec", None, 1, ["date"]])
def test_a_unit_that_is_none_is_refused(fold_over: FoldOver, bad: Any) -> None:
    stored = shape(kept(fold_over, table(3, 50, 0))[0], "day").to_json()
    again: Any = shape_from_json(stored)
    assert again.unit == "date"
    with pytest.raises(CorruptArtefactError, match="unit"):
        shape_from_json(stored | {"unit": bad})


def test_nothing_but_nulls(fold_over: FoldOver) -> None:
    full, none = table(4, 30, 0), table(4, 30, 0).slice(0, 0)
    empty = pa.table({name: pa.nulls(5, full.schema.field(name).type) for name in full.column_names})
    for made, rows in ((none, 0), (empty, 5)):
        baseline, _ = kept(fold_over, made)
        assert all(shape.n == 0 for shape in (*baseline.shapes.values(), *baseline.lengths.values()))
        assert baseline.shapes["day"].nulls == baseline.lengths["items"].nulls == rows
        assert baseline.shapes["items"].nulls == 0
        assert compare("kolmogorov_smirnov", baseline.shapes["at"], baseline.shapes["at"]).why == "the baseline has no finite values"
