"""A fold scan on workers: big states stay where they are stored, and only their keys cross to the one who merges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from featureprep.errors import StoreError
from featureprep.run.failures import Failures
from featureprep.run.scan import BIG_STATE, EVERY, FAILURES, FoldPieces, ScanMerger, ScanState


@dataclass
class LeftState(ScanState):
    """States without those that were left in the cache: `left` has their keys there, by what they are of."""

    left: dict[str, list[str]] = field(default_factory=dict)


class FoldElsewhere(FoldPieces):
    """The map function of a scan whose items cross to another process."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.spec, self.source, self.cache)

    def __call__(self, partition: int, pieces: Iterator[tuple[int, Any]]) -> Iterator[ScanState]:
        for number, piece in pieces:
            state = self._piece(number, piece)
            states, left = dict(state.states), {}
            for name, key in {} if self.cache is None else self.spec.keys(piece.key).items():
                if name != FAILURES and self._is_big(key):
                    left[name] = [key]
                    for item in self._of(name):
                        del states[item]
            yield LeftState(states, state.failures, state.read, state.known, state.rows, left=left)

    def _is_big(self, key: str) -> bool:
        stored = None if self.cache is None else self.cache.get(key, trusted=True)
        return stored is not None and len(stored) >= BIG_STATE

    def _of(self, name: str) -> Sequence[str]:
        return list(self.together.folds) if name == EVERY else [name]

    def whole(self, state: ScanState) -> ScanState:
        """A merged state with those that were left.

        Raises
        ------
        StoreError
            Where one is not there any more.
        """
        if not isinstance(state, LeftState) or self.cache is None:
            return state
        states = {name: state.states.get(name, fold.init()) for name, fold in self.folds.items()}
        for name, keys in state.left.items():
            for key in keys:
                data = self.cache.get(key)
                if data is None:
                    raise StoreError(
                        "a fold state that a worker stored is not there",
                        where=self.cache.store.url,
                        hint="workers and the one who starts the run need one store that all of them reach, and leave alone meanwhile",
                    )
                found = ScanState({}, Failures())
                self._decode(name, data, found)
                for item, one in found.states.items():
                    states[item] = self.folds[item].merge(states[item], one)
        return ScanState(states, state.failures, state.read, state.known, state.rows)


class MergeLeft(ScanMerger):
    """Merges states of which some were left: those by their folds, the keys of these side by side."""

    def init(self) -> ScanState:
        return LeftState({}, Failures())

    def merge(self, a: ScanState, b: ScanState) -> ScanState:
        left = {name: [*_left(a).get(name, ()), *_left(b).get(name, ())] for name in {**_left(a), **_left(b)}}
        return LeftState(**vars(super().merge(a, b)), left=left)


def _left(state: ScanState) -> Mapping[str, list[str]]:
    return state.left if isinstance(state, LeftState) else {}
