"""Blocks of pieces change nothing but how many objects a scan opens: every fit is the one that a fresh store gives."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.engines.pandas import PandasEngine
from featureprep.expr.node import Node
from featureprep.folds import outline
from featureprep.folds.base import Fold
from featureprep.folds.codec import pack
from featureprep.folds.moments import Moments
from featureprep.folds.outline import NotKeptError
from featureprep.folds.quantiles import Runs
from featureprep.folds.value_counts import ValueCounts
from featureprep.plan.physical import Input, Pipe
from featureprep.run.blocks import Blocks, FoldBlocks, MergeBlocks, cut
from featureprep.run.failures import Failures
from featureprep.run.levels import finish_items, fold_item
from featureprep.run.rows import RowBatch
from featureprep.run.scan import FoldPieces, ScanMerger, ScanSpec, ScanState
from featureprep.store import paths
from featureprep.store.objects import ObjectStore
from featureprep.store.states import StateCache

SCHEMA = pa.schema([("x", pa.float64()), ("s", pa.string())])


@dataclass(frozen=True)
class Piece:
    """Rows that are made of its number."""

    number: int

    @property
    def key(self) -> str:
        return f"{self.number:032x}"


class Rows:
    """A source of pieces; `read` counts them."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, piece: Piece, columns: Sequence[str] | None = None) -> Iterator[RowBatch]:
        self.reads += 1
        rng = np.random.default_rng(piece.number)
        n = 40
        words = pa.array([None if i == 0 else f"w{i}" for i in rng.integers(0, 25, n).tolist()])
        yield RowBatch({"x": pa.array(rng.normal(size=n) * 1e10), "s": words}, n, np.arange(n))


def spec(*folds: tuple[str, Fold]) -> ScanSpec:
    pipe = Pipe(Input("source", "rows"), SCHEMA, (), {}, ("read rows",))
    items = [fold_item(fold, [Node("col", (), {"name": name})], "fit") for name, fold in folds]
    return ScanSpec(pipe, [], items, [], None, {}, "null", "a machine")


FOLDS: tuple[tuple[str, Fold], ...] = (("x", Moments()), ("x", Runs()), ("s", ValueCounts()))
SPEC = spec(*FOLDS)
MOMENTS = spec(("x", Moments()), ("s", ValueCounts()))


def partitions(pieces: Sequence[Piece], size: int = 3) -> list[list[tuple[int, Piece]]]:
    numbered = list(enumerate(pieces))
    return [numbered[i : i + size] for i in range(0, len(numbered), size)]


def result(scan: ScanSpec, state: ScanState) -> Any:
    found = finish_items({str(i): item for i, item in enumerate(scan.fitting)}, state.states)
    out: list[Any] = []
    for one in found.values():
        if hasattr(one, "values"):
            out += [one.values.to_pylist(), one.counts.tolist(), one.n, one.nulls]
        elif hasattr(one, "quantiles"):
            out += [one.quantiles([0.0, 0.1, 0.5, 0.9, 1.0]), one.n]
        else:
            out.append(one)
    return out


@pytest.fixture(autouse=True, scope="module")
def _few_values_will_do() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outline, "_FROM", 8)
        yield


def fit(store: ObjectStore, pieces: Sequence[Piece], scan: ScanSpec = SPEC, source: Rows | None = None) -> tuple[Any, ScanState]:
    """With blocks, and with outlines as long as they will do."""
    engine, source = PandasEngine(2), source or Rows()
    for whole in ((), scan.folds):
        known = Blocks(scan, pieces, StateCache(store), whole)
        merger = MergeBlocks(known)
        task = FoldBlocks(scan, source, known)  # type: ignore[arg-type]
        state = merger.whole(engine.fold(engine.map(engine.scan(partitions(pieces)), task), merger))
        with contextlib.suppress(NotKeptError):
            found = result(scan, state)
            known.keep_whole(state)
            return found, state
    raise AssertionError("states without outlines answer everything")


def afresh(pieces: Sequence[Piece], scan: ScanSpec = SPEC) -> Any:
    """With nothing kept."""
    engine = PandasEngine(1)
    task = FoldPieces(scan, Rows(), None)  # type: ignore[arg-type]
    return result(scan, engine.fold(engine.map(engine.scan(partitions(pieces)), task), ScanMerger(scan.folds)))


NUMBER = itertools.count()


def memory() -> ObjectStore:
    return ObjectStore.open(f"memory://blocks-{next(NUMBER)}")


KEYS = [f"{i:032x}" for i in range(3000)]


@given(st.lists(st.sampled_from(KEYS), max_size=200))
def test_blocks_are_neighbours_of_2_to_16(keys: list[str]) -> None:
    found = cut(keys)
    assert all(2 <= len(block) <= 16 for block in found)
    assert [place for block in found for place in block] == list(range(sum(map(len, found))))
    assert len(keys) - sum(map(len, found)) < 16


def test_what_comes_after_or_changes_leaves_most_blocks() -> None:
    def contents(keys: list[str]) -> set[tuple[str, ...]]:
        return {tuple(keys[block.start : block.stop]) for block in cut(keys)}

    before = contents(KEYS[:1000])
    assert 70 < len(before) < 220
    assert before <= contents(KEYS[:1001])
    for place in range(0, 1000, 50):
        for after in (
            KEYS[:place] + KEYS[place + 1 : 1000],
            [*KEYS[:place], "changed", *KEYS[place + 1 : 1000]],
            [*KEYS[:place], "new", *KEYS[place:1000]],
        ):
            assert len(before - contents(after)) <= 8


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["append", "insert", "remove", "change", "repeat", "reverse", "lose", "damage", "again", "less"]),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=24), ACTIONS)
def test_any_history_gives_what_a_fresh_store_gives(numbers: list[int], actions: list[tuple[str, int]]) -> None:
    store, pieces = memory(), [Piece(n) for n in numbers]
    assert fit(store, pieces)[0] == afresh(pieces)
    for action, at in actions:
        place = at % len(pieces)
        states = [entry.path for entry in store.list("_state")]
        match action:
            case "append":
                pieces.append(Piece(at))
            case "insert":
                pieces.insert(place, Piece(at))
            case "remove" if len(pieces) > 1:
                del pieces[place]
            case "change":
                pieces[place] = Piece(at)
            case "repeat":
                pieces.append(pieces[place])
            case "reverse":
                pieces.reverse()
            case "lose":
                for path in states[at % 3 :: 3]:
                    store.delete(path)
            case "damage":
                for path in states[at % 4 :: 4]:
                    data = bytearray(store.read(path))
                    data[at % len(data)] ^= 8
                    store.delete(path)
                    store.create(path, data)
        scan = MOMENTS if action == "less" else SPEC
        found, state = fit(store, pieces, scan)
        assert found == afresh(pieces, scan)
        assert state.read + state.known == len(pieces)


@pytest.mark.parametrize("place", [59, 0, 30])
def test_a_piece_more_is_all_that_is_read_and_few_objects_are_opened(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    store, pieces = memory(), [Piece(n) for n in range(60)]
    fit(store, pieces[:place] + pieces[place + 1 :], MOMENTS)
    opened: list[str] = []
    genuine = ObjectStore.open_local

    def noted(self: ObjectStore, path: str, *more: Any) -> memoryview:
        data = genuine(self, path, *more)
        opened.append(path)
        return data

    monkeypatch.setattr(ObjectStore, "open_local", noted)
    source = Rows()
    found, state = fit(store, pieces, MOMENTS, source)
    assert (source.reads, state.read, state.known) == (1, 1, 59)
    assert len(opened) == 1 if place == 59 else len(opened) < 59 * 3 / 2, len(opened)  # three objects a piece
    monkeypatch.undo()
    assert found == afresh(pieces, MOMENTS)


def test_of_values_that_do_not_shrink_an_outline_is_kept() -> None:
    store, pieces = memory(), [Piece(n) for n in range(30)]
    fit(store, pieces)
    (runs,) = [item.id for item in SPEC.fitting if isinstance(item.fold, Runs)]
    (state,) = Blocks(SPEC, pieces, StateCache(store)).known.values()
    assert state.states.keys() == SPEC.folds.keys()
    assert state.states[runs].outline.n == 30 * 40
    (state,) = Blocks(SPEC, pieces, StateCache(store), {runs}).known.values()
    assert state.states.keys() == SPEC.folds.keys() - {runs}


def test_with_an_outline_no_state_of_a_piece_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    store, pieces = memory(), [Piece(n) for n in range(30)]
    fit(store, pieces[:29])
    opened: list[str] = []
    genuine = ObjectStore.open_local

    def noted(self: ObjectStore, path: str, *more: Any) -> memoryview:
        opened.append(path)
        return genuine(self, path, *more)

    monkeypatch.setattr(ObjectStore, "open_local", noted)
    source = Rows()
    found, state = fit(store, pieces, SPEC, source)
    assert (source.reads, state.read, state.known) == (1, 1, 29)
    blocks = Blocks(SPEC, pieces, StateCache(store))
    old = {paths.state(key) for piece in pieces[:29] for key in SPEC.keys(piece.key).values()}
    assert not old & set(opened)
    assert blocks.known.keys() == {range(30)}
    monkeypatch.undo()
    assert found == afresh(pieces)


def test_where_an_outline_does_not_answer_the_values_do() -> None:
    store, pieces = memory(), [Piece(n) for n in range(3)]
    fit(store, pieces)
    pieces += [Piece(n) for n in range(1000, 1003)]  # as many again
    source = Rows()
    found, _ = fit(store, pieces, SPEC, source)
    assert found == afresh(pieces)
    assert source.reads == 3


def test_keys_that_are_all_different_are_read_piece_by_piece() -> None:
    store, pieces, scan = memory(), [Piece(n) for n in range(30)], spec(("x", ValueCounts()), ("x", Moments()))
    fit(store, pieces, scan)
    known = Blocks(scan, pieces, StateCache(store)).known
    assert [[type(scan.folds[name]) for name in state.states] for state in known.values()] == [[Moments]]
    assert fit(store, pieces, scan)[0] == afresh(pieces, scan)


def test_a_block_of_another_make_is_made_again() -> None:
    store, pieces = memory(), [Piece(n) for n in range(20)]
    cache = StateCache(store)
    made = Blocks(SPEC, pieces, cache)
    for content in (b"", b"FPF1", pack({"unknown": 1}, [b""]), pack({next(iter(made.folds)): 1}, [])):
        cache.put(made._key(range(20)), content)
        assert fit(store, pieces)[0] == afresh(pieces)
        for entry in store.list("_state"):
            store.delete(entry.path)


def test_scans_at_the_same_time() -> None:
    store, pieces = memory(), [Piece(n) for n in range(25)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: fit(store, pieces[: 20 + n])[0], range(5)))
    assert found == [afresh(pieces[: 20 + n]) for n in range(5)]
    assert fit(store, pieces)[0] == afresh(pieces)


def test_a_block_with_rows_that_failed_is_not_kept() -> None:
    store, pieces = memory(), [Piece(n) for n in range(5)]
    _, state = fit(memory(), pieces)
    made = Blocks(SPEC, pieces, StateCache(store))
    state.failures = Failures({("features", "malformed", ""): (1, (0, 0))})
    made.keep_all(state)
    assert not store.list("_state")
    state.failures = Failures()
    made.keep_all(state)
    assert len(store.list("_state")) == 1


def test_partitions_with_something_new_are_told_from_those_that_are_known() -> None:
    store, pieces = memory(), [Piece(n) for n in range(31)]
    fit(store, pieces[:30])
    blocks = Blocks(SPEC, pieces, StateCache(store))
    assert [blocks.knows(one) for one in partitions(pieces)] == [True] * 10 + [False]
    assert not any(map(Blocks(SPEC, pieces, StateCache(memory())).knows, partitions(pieces)))
