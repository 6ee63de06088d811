"""Of categories: exact where all values are kept, within the bounds where they are not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.validators.drift import MEASURES, NUMERIC_MEASURES, compare
from featureprep.validators.drift.cells import categories
from featureprep.validators.drift.chi_square import chi_square

stats = pytest.importorskip("scipy.stats")
spatial = pytest.importorskip("scipy.spatial.distance")

OF_CATEGORIES = [measure for measure in MEASURES if measure not in NUMERIC_MEASURES]
CELLS = st.one_of(st.sampled_from("aaabbcdefghijkl"), st.none())
COLUMNS = st.lists(CELLS, min_size=1, max_size=80)
LIMITS = st.integers(0, 8)


def shares(x: list[str | None], y: list[str | None]) -> tuple[Any, Any]:
    p, q = Counter(x), Counter(y)
    keys = list({**p, **q})
    return np.array([p[key] for key in keys]), np.array([q[key] for key in keys])


@given(COLUMNS, COLUMNS)
def test_exact_where_all_values_are_kept(texts: Any, x: list[str | None], y: list[str | None]) -> None:
    a, b = texts(x), texts(y)
    p, q = shares(x, y)
    n, m = len(x), len(y)
    expected = {
        "linf": np.abs(p / n - q / m).max(),
        "total_variation": np.abs(p / n - q / m).sum() / 2,
        "jensen_shannon": spatial.jensenshannon(p, q, base=2) ** 2,
        "abs_difference": np.abs(p - q).max() / (n + m),
    }
    for measure, value in expected.items():
        found = compare(measure, a, b)
        assert found.error == 0.0
        assert found.value == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("measure", OF_CATEGORIES)
@settings(max_examples=60)
@given(x=COLUMNS, y=COLUMNS, here=LIMITS, there=LIMITS)
def test_bounds_hold_where_values_are_not_kept(
    texts: Any, measure: str, x: list[str | None], y: list[str | None], here: int, there: int
) -> None:
    exact = compare(measure, texts(x), texts(y)).value
    found = compare(measure, texts(x, here), texts(y, there))
    assert exact is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low - 1e-9 <= exact <= found.high + 1e-9
    value = found.low if found.verdict == "not evaluated" else found.value
    assert value is not None
    assert 0.0 <= found.low <= value <= found.high
    assert found.high <= 1.0 or measure in ("chi_square", "psi")


@pytest.mark.parametrize("measure", OF_CATEGORIES)
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), limit=st.sampled_from([0, 3, 10]), threshold=st.sampled_from([None, 0.0, 0.05, 0.25]))
def test_what_passes_is_no_drift_of_the_columns_themselves(
    texts: Any, measure: str, seed: int, limit: int, threshold: float | None
) -> None:
    rng = np.random.default_rng(seed)
    kinds = int(rng.choice([5, 30, 300]))
    weights = 1 / np.arange(1, kinds + 1) ** rng.choice([0.0, 1.0, 2.0])
    x, y = (
        (rng.choice(kinds, int(rng.integers(20, 400)), p=weights / weights.sum()) + step).astype(str).tolist()
        for step in (0, int(rng.choice([0, 1, 300])))
    )
    exact = compare(measure, texts(x), texts(y), threshold=threshold)
    found = compare(measure, texts(x, limit), texts(y, limit), threshold=threshold)
    if found.verdict in ("no drift", "chance") and found.low is not None and found.high is not None and found.critical is not None:
        close = found.high - found.low <= 0.1 * max(threshold or 0.0, found.critical)
        assert exact.verdict != "drift" or close
    if found.verdict == "drift" and threshold is not None:
        assert exact.value is not None
        assert exact.value > threshold * 0.89


@pytest.mark.parametrize("measure", OF_CATEGORIES)
@settings(max_examples=40)
@given(x=COLUMNS, y=COLUMNS, here=LIMITS, there=LIMITS, missing=st.booleans())
def test_identity_and_symmetry(
    texts: Any, measure: str, x: list[str | None], y: list[str | None], here: int, there: int, missing: bool
) -> None:
    a, b = texts(x, here), texts(y, there)
    same, forth, back = (compare(measure, *pair, missing=missing) for pair in ((a, a), (a, b), (b, a)))
    if same.verdict != "not evaluated":
        assert same.value == same.low == 0.0
        assert same.verdict in ("no drift", "chance")
    if forth.value is not None and back.value is not None:
        assert forth.value == pytest.approx(back.value, abs=1e-12) or measure in ("chi_square", "cramers_v")
    assert forth.verdict == "not evaluated" or forth.sentence.startswith(measure)


@given(COLUMNS, COLUMNS)
def test_chi_square(texts: Any, x: list[str | None], y: list[str | None]) -> None:
    found = chi_square(categories(texts(x), texts(y)))
    p, q = shares(x, y)
    smaller = min(len(x), len(y)) / (len(x) + len(y))
    if ((p + q) * smaller >= 5).all() and len(p) > 1:
        expected = stats.chi2_contingency(np.array([p, q]), correction=False)
        assert found.statistic.value == pytest.approx(expected.statistic, abs=1e-9)
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
        assert found.free == expected.dof
        assert found.effect.value == pytest.approx(stats.contingency.association(np.array([p, q]), correction=False), abs=1e-6)
    assert found.free < max(len(p), 1)


def test_rare_categories_are_one_in_chi_square(texts: Any) -> None:
    rare = [f"r{i}" for i in range(12)]
    a, b = texts(["a"] * 50 + ["b"] * 50 + rare[:6]), texts(["a"] * 40 + ["b"] * 60 + rare[6:])
    found = chi_square(categories(a, b))
    expected = stats.chi2_contingency(np.array([[50, 50, 6], [40, 60, 6]]), correction=False)
    assert found.statistic.value == pytest.approx(expected.statistic)
    assert found.free == 2


def test_null_is_a_category_of_its_own(texts: Any) -> None:
    a, b = texts(["x"] * 50 + [None] * 50), texts(["x"] * 90 + [None] * 10)
    assert compare("linf", a, b).value == pytest.approx(0.4)
    assert compare("linf", a, b, missing=False).value == 0.0
    assert compare("total_variation", a, b).value == pytest.approx(0.4)
    # and never the text
    c = texts(["None"] * 50 + ["x"] * 50)
    assert compare("total_variation", a, c).value == pytest.approx(0.5)


def test_normalised_difference_sees_the_number_of_rows(texts: Any) -> None:
    a, b = texts(["x"] * 10), texts(["x"] * 30)
    assert compare("abs_difference", a, b).value == pytest.approx(0.5)
    assert compare("linf", a, b).value == 0.0


def test_psi_by_hand(texts: Any) -> None:
    # half a row more each: (60.5, 40.5) / 101 and (30.5, 70.5) / 101
    a, b = texts(["x"] * 60 + ["y"] * 40), texts(["x"] * 30 + ["y"] * 70)
    expected = (30.5 - 60.5) / 101 * np.log(30.5 / 60.5) + (70.5 - 40.5) / 101 * np.log(70.5 / 40.5)
    assert compare("psi", a, b).value == pytest.approx(expected)


def test_psi_of_a_new_category_is_large_and_finite(texts: Any) -> None:
    a, b = texts(["x"] * 1000), texts(["x"] * 900 + ["new"] * 100)
    found = compare("psi", a, b, threshold=0.2)
    assert found.value is not None
    assert 0.2 < found.value < 1.0
    assert found.verdict == "drift"


def test_a_column_of_many_values(texts: Any) -> None:
    rng = np.random.default_rng(7)
    weights = 1 / np.arange(1, 20_001) ** 1.1
    weights /= weights.sum()
    x, y = (rng.choice(20_000, 60_000, p=weights).astype(str).tolist() for _ in range(2))
    a, b = texts(x), texts(y)
    assert a.rest > 0
    for measure in OF_CATEGORIES:
        # a fifth of the rows has values that are not kept: what these did cannot be told
        expected = "no drift" if measure in ("abs_difference", "linf") else "not evaluated"
        assert compare(measure, a, b, alpha=1e-3).verdict == expected
        assert compare(measure, a, b, threshold=0.9 if measure != "chi_square" else 1e5).verdict == "no drift"
    p, q = shares(x, y)
    found = compare("linf", a, b)
    assert found.value == pytest.approx(np.abs(p / len(x) - q / len(y)).max())
    assert found.error < 1e-3
    far = compare("jensen_shannon", a, texts([f"n{value}" for value in y]), threshold=0.1)
    assert far.verdict == "drift"
    assert far.value is not None
    assert far.value > 0.3
    assert far.high == pytest.approx(1.0)


def test_codes_that_are_all_new_do_not_pass(texts: Any) -> None:
    """3,000 codes of 17 rows each: more than are kept, and none of them in both."""
    a, b = (texts([f"{first + i % 3000:05}" for i in range(50_000)]) for first in (10_000, 50_000))
    for measure, threshold in {"psi": 0.25, "total_variation": 0.1, "jensen_shannon": 0.05, "chi_square": None, "cramers_v": 0.1}.items():
        found = compare(measure, a, b, threshold=threshold)
        assert (found.verdict, found.value) == ("not evaluated", None)
        assert found.high == pytest.approx({"psi": 6.898, "chi_square": 100_000.0}.get(measure, 1.0), rel=1e-3)
        assert "1,000 most frequent values" in found.why
        assert "100% of the baseline's rows and 100% of the current ones have others" in found.why
        assert "linf" in found.why
        # the same codes are drift neither for sure, but nobody knows
        assert compare(measure, a, a, threshold=threshold).verdict == "not evaluated"
    assert compare("linf", a, b, threshold=0.01).verdict == "no drift"


def test_identifiers_differ_by_chance(texts: Any) -> None:
    for rows in ((3000, 2500), (900, 4000), (1500, 9000)):
        a, b = (texts([f"{side}{i}" for i in range(n)]) for side, n in zip("ab", rows, strict=True))
        for measure in OF_CATEGORIES:
            found = compare(measure, a, b, threshold=0.05)
            assert found.verdict in ("no drift", "chance"), measure
    told = compare("jensen_shannon", a, b, threshold=0.05)
    assert told.sentence.startswith(
        "jensen_shannon is 0 (between 0 and 1); it may be above the threshold 0.05, but chance alone gives up to 1"
    )


@pytest.mark.parametrize("measure", ["chi_square", "cramers_v"])
@pytest.mark.parametrize("threshold", [None, 0.05])
def test_rare_categories_are_not_called_alike(texts: Any, measure: str, threshold: float | None) -> None:
    """4 rows of each of 250 values, none of them in both."""
    a, b = (texts([f"{side}{i % 250}" for i in range(1000)]) for side in "ab")
    found = compare(measure, a, b, threshold=threshold)
    assert found.verdict == "chance"
    assert found.sentence == (
        f"{measure} has too few rows of each category to tell: fewer than two categories have 5 expected rows in both columns, "
        "which the test asks for"
    )
    assert compare(measure, a, a, threshold=threshold).verdict == "no drift"
    one, other = (texts([value] * 1000) for value in "xy")
    assert compare(measure, one, one, threshold=threshold).verdict == "no drift"
    assert compare(measure, one, other, threshold=threshold).verdict == "drift"


def test_narrow_bounds_leave_the_verdict_to_the_value(texts: Any) -> None:
    common = [f"v{i % 100}" for i in range(100_000)]
    a, b = (
        texts([*common, *(f"x{i // 2}" for i in range(400))], 250),
        texts([*common, *["v0"] * 1500, *(f"y{i // 2}" for i in range(400))], 250),
    )
    found = compare("total_variation", a, b, threshold=0.0165)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.0165 < found.high
    assert found.verdict != "not evaluated"
    assert compare("total_variation", a, b, threshold=0.0165, alpha=1e-300).verdict != "not evaluated"


def test_the_value_whose_count_changed_most_is_named(texts: Any) -> None:
    # b has the larger change of its share, a of its count
    x, y = ["a"] * 1000 + ["b"] * 100, ["a"] * 4000 + ["b"] * 2000
    found = compare("abs_difference", texts(x), texts(y))
    assert found.moved is not None
    assert found.value == 3000 / 7100
    assert found.moved.sentence == '"a" went from 1,000 to 4,000 rows'
    assert found.to_json()["moved"]["rows"] == [1000, 4000]
    shares = compare("linf", texts(x), texts(y)).moved
    assert shares is not None
    assert shares.rows is None
    # all values of a column but one are not kept: these are no value, which could have such a count
    hidden = compare("abs_difference", texts(["a"] * 3 + [f"x{i}" for i in range(40)], 1), texts(["a"] * 3, 1)).moved
    assert hidden is None
