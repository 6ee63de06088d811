"""Figures by hand, edges and errors of the numeric transforms that `test_numeric` does not have."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featureprep as fp
from featureprep import transforms as T
from featureprep.errors import ArgumentError, RequestError, TypeMismatchError
from featureprep.expr.expression import col
from featureprep.transforms.numeric._normal import normal_quantile, normal_quantiles
from tests.transforms.harness import Rejected, bits, check_rows_equal_batch, fit
from tests.transforms.test_numeric import column, results

U: Any = T  # to be called wrongly
NAN, INF = math.nan, math.inf
BIG = 1.7e308
SCALERS: list[Any] = [T.standard_scale, T.min_max_scale, T.robust_scale, T.max_abs_scale]
each_scaler = pytest.mark.parametrize("scaler", SCALERS)


def test_robust_scale_by_hand() -> None:
    # quartiles of 0..4 are 1, 2, 3
    assert results(T.robust_scale("x"), [4.0, 0.0, 2.0, None, 1.0, NAN, 3.0, INF], [2.0, 4.0, 0.0, INF]) == [0.0, 1.0, -1.0, INF]
    assert results(T.robust_scale("x", quantile_range=(0, 1)), [0, 1, 2, 3, 4], [4], pa.int64()) == [0.5]
    assert results(T.robust_scale("x"), [1.0, 5.0, 5.0, 5.0, 9.0], [6.0]) == [1.0]  # the quartiles are equal
    assert results(T.robust_scale("x"), [], [1.5], pa.float64()) == [1.5]
    assert results(T.robust_scale("x", quantile_range=(0, 1)), [-BIG, 0.0, BIG], [-BIG, 0.0, BIG]) == [-0.5, 0.0, 0.5]


def test_max_abs_scale_by_hand() -> None:
    assert results(T.max_abs_scale("x"), [1.0, -4.0, None, NAN, -INF], [2.0, -8.0, INF]) == [0.5, -2.0, INF]
    assert results(T.max_abs_scale("x"), [0.0, -0.0, None], [3.0]) == [3.0]
    assert results(T.max_abs_scale("x"), [], [3.0], pa.float64()) == [3.0]


def test_clip_outliers_by_hand() -> None:
    # quartiles of 0..4 are 1 and 3: fences at -2 and 6
    x = [0.0, 1.0, 2.0, 3.0, 4.0, None, INF, NAN]
    assert bits(results(T.clip_outliers("x"), x, [-9.0, -2.0, 5.0, 7.0, INF, -INF, NAN, None])) == bits(
        [-2.0, -2.0, 5.0, 6.0, 6.0, -2.0, NAN, None]
    )
    assert results(T.clip_outliers("x", factor=0), x, [0.0, 2.0, 9.0]) == [1.0, 2.0, 3.0]
    assert results(T.clip_outliers("x", "quantile", quantile_range=(0, 0.75)), x, [-1.0, 9.0]) == [0.0, 3.0]
    # mean 2, variance 2
    assert results(T.clip_outliers("x", "z", factor=2), x, [-INF, 4.0, INF]) == [2 - 2 * math.sqrt(2), 4.0, 2 + 2 * math.sqrt(2)]
    assert results(T.clip_outliers("x"), [3.0, 3.0], [-1.0, 3.0, INF]) == [3.0, 3.0, 3.0]


@pytest.mark.parametrize("method", ["iqr", "quantile", "z"])
def test_clip_outliers_without_anything_to_learn_from(method: str) -> None:
    assert results(T.clip_outliers("x", method), [None, NAN, INF], [-INF, 5.0, INF], pa.float64()) == [-INF, 5.0, INF]


def test_clip_outliers_at_the_ends_of_the_doubles() -> None:
    made = fit(T.clip_outliers("x", factor=0.125), column([-BIG, BIG, -BIG, BIG]))
    (constants,) = made.constants.values()  # the distance of the quartiles is no double, the bounds would be beyond the largest
    assert constants == {"low": -INF, "high": INF}
    made = fit(T.clip_outliers("x", factor=0.125), column([-1e308, 1e308, -1e308, 1e308]))
    (constants,) = made.constants.values()
    assert constants == {"low": -1.25e308, "high": 1.25e308}


def test_binarize_by_hand() -> None:
    assert results(T.binarize("x"), [0.0, -0.0, 5e-324, -1.0, NAN, None, INF, -INF]) == [0, 0, 1, 0, None, None, 1, 0]
    assert results(T.binarize("x", 2), [2, 3, None], dtype=pa.int64()) == [0, 1, None]


def test_quantile_transform_by_hand() -> None:
    x = [1.0, 2.0, 2.0, 2.0, 5.0, None, NAN, INF]  # quantiles 0, 1/4, ... are the values themselves
    other = [0.0, 1.0, 1.5, 2.0, 3.5, 5.0, 6.0, INF, -INF, NAN, None]
    wanted = [0.0, 0.0, 0.125, 0.5, 0.875, 1.0, 1.0, 1.0, 0.0, NAN, None]
    assert bits(results(T.quantile_transform("x"), x, other)) == bits(wanted)
    (constants,) = fit(T.quantile_transform("x"), column(x)).constants.values()
    assert {name: value.to_pylist() for name, value in constants.items() if name != "factor"} == {
        "values": [1.0, 2.0, 5.0],
        "low": [0.0, 0.25, 1.0],
        "high": [0.0, 0.75, 1.0],
    }
    normal = results(T.quantile_transform("x", output="normal"), x, other)
    assert [value for value in normal[:9] if abs(value) > 5] == [normal[0]] * 2 + [normal[5]] * 3 + [normal[0]]
    assert normal[2:5] == [normal_quantile(0.125), 0.0, -normal_quantile(0.125)]
    assert normal[0] == pytest.approx(-5.19933758, abs=1e-8) == -normal[5]


def test_quantile_transform_edges() -> None:
    assert results(T.quantile_transform("x"), [7.0, 7.0], [6.0, 7.0, 8.0]) == [0.0, 0.0, 1.0]
    assert bits(results(T.quantile_transform("x"), [None], [6.0, NAN, None], pa.float64())) == bits([None, NAN, None])
    assert results(T.quantile_transform("x", 2), [-BIG, 0.0, BIG], [-BIG, 0.0, BIG]) == [0.0, 0.5, 1.0]
    assert results(T.quantile_transform("x", 3), [True, False, True], dtype=pa.bool_()) == [1.0, 0.0, 1.0]


@given(x=st.lists(st.floats(allow_nan=False), min_size=1, max_size=30), n=st.integers(2, 12), output=st.sampled_from(["uniform", "normal"]))
def test_quantile_transform_keeps_the_order(x: list[float], n: int, output: str) -> None:
    got = results(T.quantile_transform("x", n, output=output), x, sorted(x))
    assert got == sorted(got) if any(map(math.isfinite, x)) else set(got) == {None}


@given(p=st.floats(1e-7, 1 - 1e-7))
def test_normal_quantiles_are_those_of_the_standard_library(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(NormalDist().inv_cdf(p), rel=1e-15, abs=1e-16)


def test_normal_quantiles_have_the_same_bits_in_arrays() -> None:
    rng = np.random.default_rng(1)
    p = np.concatenate([rng.uniform(1e-7, 1 - 1e-7, 20_000), 10.0 ** rng.uniform(-7, 0, 5_000) * (1 - 1e-7), [0.5, 0.075, 0.925]])
    assert normal_quantiles(p).tolist() == [normal_quantile(one) for one in p.tolist()]


def test_polynomial_by_hand() -> None:
    table = pa.table({"a": [2.0, None, INF, 1e200], "b": [3, 5, 0, None]})
    made = fit(T.polynomial("a", "b", include_bias=True, malformed="null"), table)
    got = check_rows_equal_batch(made, table)
    assert made.bound.op.elements(made.bound.call) == ["1", "a", "b", "a^2", "a b", "b^2"]
    assert got[0] == [1.0, 2.0, 3.0, 4.0, 6.0, 9.0]
    assert bits(got[1:]) == bits([[1.0, NAN, 5.0, NAN, NAN, 25.0], None, [1.0, 1e200, NAN, INF, NAN, NAN]])
    only = fit(T.polynomial("a", col("b") + 1, degree=5, interaction_only=True), table)
    assert only.bound.op.elements(only.bound.call) == ["a", "b", "a b"]
    refused = check_rows_equal_batch(fit(T.polynomial("a", "b", malformed="quarantine"), table), table)
    assert isinstance(refused[2], Rejected)
    assert refused[2].rule.startswith("malformed: polynomial(a, b")


KEYED = {"x": [1.0, 3.0, 10.0, 10.0, None, 7.0, INF, NAN], "k": ["a", "a", "b", "b", "a", None, "c", "a"]}
LATER = {"x": [5.0, 5.0, 5.0, 5.0, None, NAN, NAN], "k": ["a", "b", "c", None, "a", "new", None]}


def by_key(policy: str | None, scaler: Any = T.standard_scale) -> list[Any]:
    return check_rows_equal_batch(fit(scaler("x", by="k", unknown=policy), pa.table(KEYED)), pa.table(LATER))


def test_scaling_by_a_key_by_hand() -> None:
    # "a" has mean 2 and std 1, "b" mean 10 and std 0; "c" has only an infinity, so nothing is known of it; a null key gives null
    assert bits(by_key(None)) == bits([3.0, -5.0, None, None, None, NAN, None])
    assert bits(by_key("null")) == bits(by_key(None))
    assert bits(by_key(None, T.min_max_scale)) == bits([2.0, -5.0, None, None, None, NAN, None])
    assert bits(by_key(None, T.max_abs_scale)) == bits([5 / 3, 0.5, None, None, None, NAN, None])
    assert bits(by_key(None, T.robust_scale)) == bits([3.0, -5.0, None, None, None, NAN, None])


@pytest.mark.parametrize("policy", ["error", "quarantine"])
def test_an_unknown_key_rejects(policy: str) -> None:
    got = by_key(policy)
    assert [isinstance(value, Rejected) for value in got] == [False, False, True, False, False, False, False]
    assert got[2].rule.startswith("unknown: standard_scale_by(x, k")
    assert bits(got[:2] + got[3:]) == bits([3.0, -5.0, None, None, NAN, None])


@each_scaler
def test_an_unknown_key_takes_the_constants_of_all_rows(scaler: Any) -> None:
    overall = check_rows_equal_batch(fit(scaler("x"), pa.table(KEYED)), pa.table(LATER))
    got, usual = by_key("overall", scaler), by_key(None, scaler)
    assert bits(got) == bits([*usual[:2], overall[2], *usual[3:]])  # the row with a null key is among all rows, but has no key


@each_scaler
def test_missing_keys_are_rejected_as_missing_numbers_are(scaler: Any) -> None:
    got = check_rows_equal_batch(fit(scaler("x", by="k", missing="quarantine"), pa.table(KEYED)), pa.table(LATER))
    assert [value.rule if isinstance(value, Rejected) else None for value in got] == [
        None,
        None,
        None,
        "missing: require_present(k, missing='quarantine')",
        *["missing: require_present(x, missing='quarantine')"] * 3,
    ]


@each_scaler
@pytest.mark.parametrize(
    "keys",
    [
        pa.array([2**63 - 1, -(2**63), None, 0]),
        pa.array([0.0, NAN, -0.0, None]),
        pa.array([True, None, False, True]),
        pa.array([b"", b"\x00", None, b""]),
        pa.array([10, 20, None, 10], pa.date32()),
        pa.array([Decimal("1.50"), Decimal("-1.5"), None, Decimal("1.5")]),
        pa.array([10, -1, None, 10], pa.timestamp("us", "Europe/Vienna")),
        pa.array(["é", "", None, "é"]).dictionary_encode(),
        pa.nulls(4),
    ],
    ids=lambda keys: str(keys.type),
)
def test_keys_of_any_type(scaler: Any, keys: pa.Array) -> None:
    x = pa.array([1.0, 2.0, 3.0, 5.0])
    for by in (["k"], ["k", "k2"]):
        table = pa.table({"x": x, "k": keys, "k2": pa.array([1, 1, 1, 1])})
        fitted = fit(scaler("x", by=by), table, seed=1)
        got = check_rows_equal_batch(fitted, table)
        values = keys.to_pylist()
        assert [value is None for value in got] == [key is None or key != key for key in values]
        check_rows_equal_batch(
            fitted, pa.table({"x": [NAN, None, 2.0, 3.0], "k": keys.take(pa.array([3, 2, 1, 0])), "k2": [None, 1, 2, 1]})
        )


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.standard_scale("x", unknown="null"), "'unknown' parameter of standard_scale must be left out without by="),
        (lambda: U.robust_scale("x", by=[]), "'by' parameter of robust_scale must be a column name, an expression, or a list of these"),
        (lambda: U.max_abs_scale("x", by=["k", 3]), "'by' parameter of max_abs_scale"),
        (lambda: U.max_abs_scale("x", by=b"k"), "'by' parameter of max_abs_scale"),
        (lambda: U.min_max_scale("x", by="k", unknown=-1), "'unknown' parameter of min_max_scale must be one of 'null', 'error'"),
        (lambda: U.min_max_scale("x", by="k", low=2), "'high' parameter of min_max_scale must be more than low"),
        (lambda: U.robust_scale("x", quantile_range=(25, 75)), "'quantile_range' parameter of robust_scale must be two numbers in the range [0, 1]"),
        (lambda: U.robust_scale("x", quantile_range=(0.5, 0.5)), "ascending"),
        (lambda: U.robust_scale("x", quantile_range=0.5), "'quantile_range' parameter"),
        (lambda: U.clip_outliers("x", "mad"), "'method' parameter of clip_outliers must be one of 'iqr', 'quantile', 'z'"),
        (lambda: U.clip_outliers("x", None), "'method' parameter of clip_outliers"),
        (lambda: U.clip_outliers("x", factor=-1), "'factor' parameter of clip_outliers must be a number from 0"),
        (lambda: U.clip_outliers("x", factor=INF), "'factor' parameter"),
        (lambda: U.clip_outliers("x", "quantile", factor=3), "'factor' parameter of clip_outliers must be left out with method 'quantile'"),
        (lambda: U.clip_outliers("x", "z", quantile_range=(0, 1)), "'quantile_range' parameter of clip_outliers must be left out with method 'z'"),
        (lambda: U.quantile_transform("x", 1), "'n_quantiles' parameter of quantile_transform must be an int in the range [2, 100000]"),
        (lambda: U.quantile_transform("x", output="gauss"), "'output' parameter of quantile_transform must be one of"),
        (lambda: U.binarize("x", NAN), "'threshold' parameter of binarize must be a finite number"),
        (U.polynomial, "polynomial is given no columns"),
        (lambda: U.polynomial("x", degree=0), "'degree' parameter of polynomial must be an int in the range [1, 16]"),
        (lambda: U.polynomial(*map(str, range(200))), "polynomial of 200 columns to degree 2 has 20,300 elements, and at most 10,000 are made"),
        (lambda: U.polynomial("a", "a"), "two elements named 'a'"),
        (lambda: U.polynomial("a", "b", "a b"), "two elements named 'a b'"),
    ],
)  # fmt: skip
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert says in str(caught.value)
    assert "test_numeric_learned.py:" in str(caught.value)


def test_types_are_refused_by_name() -> None:
    text = pa.table({"x": ["1"], "k": [["a"]]})
    makers: list[Any] = [*SCALERS, T.clip_outliers, T.quantile_transform, T.binarize, T.polynomial]
    for make in makers:
        with pytest.raises(TypeMismatchError, match="takes numbers, not string"):
            fit(make("x"), text)
    with pytest.raises(TypeMismatchError, match="standard_scale takes no key of type list<string>"):
        fit(T.standard_scale(col("x").cast("int64"), by="k"), text)


def test_too_many_keys_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.folds.keys.MAX_KEYS", 2)
    for scaler in SCALERS:
        with pytest.raises(RequestError, match="at most 2") as caught:
            fit(scaler("x", by="k"), pa.table({"x": [1.0, 2.0, 3.0], "k": ["a", "b", "c"]}))
        assert "coarser key" in str(caught.value)


def test_a_job_with_keys_is_stored_and_served(tmp_path: Path) -> None:
    n = 2000
    rows = pa.table(
        {"x": [math.sin(i) * (i % 700) for i in range(n)], "shop": [f"s{i % 500}" for i in range(n)], "day": [i % 3 for i in range(n)]}
    )

    def body(sales: fp.Table) -> fp.Table:
        return sales.features(
            scaled=T.standard_scale("x", by="shop", unknown="overall"),
            robust=T.robust_scale("x", by=["shop", "day"]),
            spread=T.quantile_transform("x", output="normal"),
            products=T.polynomial(T.clip_outliers("x"), "day"),
        )

    prints = set()
    for partitions in (1, 5):
        job = fp.job(sources={"sales": fp.from_arrow(rows)}, name="sales")(body)
        run = job.run(engine="pandas", store=str(tmp_path / str(partitions)), partitions=partitions)
        prints.add((run.graph.fingerprint, run.dataset.fingerprint))
        graph = fp.open_graph(str(tmp_path / str(partitions)), "sales@latest")
        whole = graph.transform(rows)
        for i in range(0, n, 97):
            row = {name: rows[name][i].as_py() for name in rows.column_names}
            assert bits(graph(row)) == bits({name: whole[name][i].as_py() for name in whole.column_names})
        assert graph({"x": 3.0, "shop": "elsewhere", "day": 1})["robust"] is None
        assert graph({"x": 3.0, "shop": "elsewhere", "day": 1})["scaled"] is not None
    assert len(prints) == 1
