"""An outline answers what was asked of all values, exactly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import CorruptArtefactError
from featureprep.folds import outline as module
from featureprep.folds.outline import NotKeptError
from featureprep.folds.quantiles import Quantiles, Runs, RunsState

FOLD = Runs()
KINDS: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "normal": lambda rng, n: rng.normal(50, 10, n),
    "around nothing": lambda rng, n: rng.normal(size=n),
    "a few values": lambda rng, n: rng.integers(0, 5, n) + 0.5,
    "one value": lambda rng, n: np.full(n, 2.5),
    "far apart": lambda rng, n: rng.normal(size=n) * 10.0 ** rng.integers(-300, 300, n),
    "ascending": lambda rng, n: np.sort(rng.lognormal(size=n)),
}


@pytest.fixture(autouse=True, scope="module")
def _few_values_will_do() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FROM", 8)
        patch.setattr(module, "_SAMPLE", 64)
        yield


def state_of(values: Any) -> RunsState:
    made: RunsState = FOLD.update(FOLD.init(), pa.array(np.asarray(values) + 0.0))
    return made


def merged(days: Sequence[Any]) -> RunsState:
    state = FOLD.init()
    for day in days:
        state = FOLD.merge(state, state_of(day))
    return state


def outlined(state: RunsState, qs: Sequence[float]) -> bytes | None:
    FOLD.finish(state).quantiles(qs)
    return FOLD.outline(state)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(1, 400), st.sampled_from([0.0, 0.0, 0.01, 3.0])), min_size=1, max_size=4),
    st.integers(0, 2**32),
)
def test_day_after_day_what_is_answered_is_right(kind: str, qs: list[float], days: list[tuple[int, float]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen = [KINDS[kind](rng, 3000)]
    kept = outlined(merged(seen), qs)
    for n, shift in days:
        if kept is None:
            return
        seen.append(KINDS[kind](rng, n) + shift)
        state = FOLD.merge(FOLD.from_outline(kept), state_of(seen[-1]))
        expected = FOLD.finish(merged(seen))
        try:
            found = FOLD.finish(state).quantiles(qs)
        except NotKeptError:
            return
        assert found == expected.quantiles(qs)
        assert FOLD.finish(state).n == expected.n
        kept = FOLD.outline(state)


@pytest.mark.parametrize(
    "qs", [[0.5], [0.25, 0.5, 0.75], [0.1 * i for i in range(1, 10)], [0.0, 1.0]], ids=["median", "quartiles", "deciles", "ends"]
)
@pytest.mark.parametrize("kind", ["normal", "around nothing", "far apart"])
def test_weeks_of_rows_of_one_kind_are_answered_by_little(kind: str, qs: list[float]) -> None:
    rng = np.random.default_rng(5)
    seen = [KINDS[kind](rng, 100_000)]
    kept = outlined(merged(seen), qs)
    for _ in range(20):
        assert kept is not None
        assert len(kept) < 8 * 0.04 * sum(map(len, seen)) * len(qs)
        seen.append(KINDS[kind](rng, 1000))
        state = FOLD.merge(state_of(seen[-1]), FOLD.from_outline(kept))
        assert FOLD.finish(state).quantiles(qs) == FOLD.finish(merged(seen)).quantiles(qs)
        kept = FOLD.outline(state)


def test_nulls_and_what_is_not_finite_are_counted() -> None:
    rows = pa.array([None, float("nan"), float("inf"), None, *np.linspace(0.1, 0.2, 500).tolist()])
    state = FOLD.update(FOLD.init(), rows)
    kept = outlined(state, [0.5])
    assert kept is not None
    found: Quantiles = FOLD.finish(FOLD.merge(FOLD.from_outline(kept), FOLD.update(FOLD.init(), rows)))
    assert (found.n, found.nulls, found.nans, found.infs) == (1000, 4, 2, 2)


@pytest.mark.parametrize(
    "ask",
    [
        lambda found: found.below(np.array([0.1])),
        lambda found: list(found.distinct(100)),
        lambda found: found.n_unique(100),
        lambda found: found.quantiles(np.linspace(0, 1, 200)),
    ],
    ids=["below", "distinct", "n_unique", "many quantiles"],
)
def test_what_takes_all_values_leaves_no_outline_and_is_not_answered_by_one(ask: Callable[[Quantiles], Any]) -> None:
    values = np.random.default_rng(0).normal(size=2000)
    state = state_of(values)
    kept = outlined(state, [0.5])
    assert kept is not None
    ask(FOLD.finish(state))
    assert FOLD.outline(state) is None
    with pytest.raises(NotKeptError):
        ask(FOLD.finish(FOLD.from_outline(kept)))


def test_whole_numbers_beside_an_outline_and_filled_values_are_not_answered() -> None:
    values = np.random.default_rng(0).normal(size=2000)
    kept = outlined(state_of(values), [0.5])
    assert kept is not None
    counted = state_of(np.arange(100) % 7)
    mixed = FOLD.merge(FOLD.from_outline(kept), counted)
    with pytest.raises(NotKeptError):
        FOLD.finish(mixed).quantile(0.5)
    assert FOLD.outline(mixed) is None
    state = FOLD.update(FOLD.init(), pa.array([None, *values.tolist()]))
    FOLD.finish(FOLD.fill_missing(state, 1.5)).quantile(0.5)
    assert outlined(state, [0.5]) is None


def test_an_outline_is_no_state_of_all_values() -> None:
    kept = outlined(state_of(np.random.default_rng(0).normal(size=2000)), [0.5])
    assert kept is not None
    state = FOLD.from_outline(kept)
    assert not FOLD.shrinks(state, 1 << 20)
    with pytest.raises(NotKeptError):
        FOLD.encode(state)
    with pytest.raises(NotKeptError):
        FOLD.merge(state, FOLD.from_outline(kept))


def test_nothing_asked_or_few_values_leave_no_outline() -> None:
    assert FOLD.outline(state_of(np.random.default_rng(0).normal(size=2000))) is None
    assert outlined(state_of([0.5, 1.5, 0.25]), [0.5]) is None
    assert outlined(FOLD.init(), [0.5]) is None


def test_broken_outlines_are_refused() -> None:
    kept = outlined(state_of(np.random.default_rng(0).normal(size=2000)), [0.25, 0.75])
    assert kept is not None
    for broken in (b"", kept[:-8], kept.replace(b'"before":[', b'"before":[1,', 1), kept.replace(b'"nans":0', b'"nans":"', 1)):
        with pytest.raises(CorruptArtefactError):
            FOLD.from_outline(broken)
