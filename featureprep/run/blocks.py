"""Merged states of neighbouring pieces, kept beside those of each: so a scan that knows most of its pieces reads few objects.

Pieces are cut into blocks by their keys alone, so that one that is new, changed or gone leaves most blocks as they were. All pieces of a
scan are a block too: the next scan, a day later, begins with it. What a block is known by are the keys of its pieces and all that their
states depend on. Only what shrinks when it is merged is kept so (moments, counts): the states that it leaves out (the values behind
quantiles) are looked for piece by piece. A block saves work and decides nothing: merging has no order, so with and without it the same
states come out, and one that is not there, or is not whole, is made of its pieces again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import xxhash

from featureprep import canonical
from featureprep.errors import CorruptArtefactError
from featureprep.folds.base import Fold
from featureprep.folds.codec import integers, pack, unpack
from featureprep.run.failures import Failures
from featureprep.run.rows import SourceInput, StageInput
from featureprep.run.scan import FAILURES, FoldPieces, ScanMerger, ScanSpec, ScanState
from featureprep.store.states import StateCache

_VERSION: Final = 1
_ABOUT: Final = 8
_MOST: Final = 16
"""Pieces of a block."""
_MORE: Final = 4
"""So many pieces may have come after all those of an earlier scan."""


def cut(keys: Sequence[str]) -> list[range]:
    """The places of the pieces of each block: of about 8 pieces, 2 to 16. The last pieces are in none, for the next comes after them."""
    blocks, start = [], 0
    for place, key in enumerate(keys, 1):
        n = place - start
        if n == _MOST or (n > 1 and xxhash.xxh3_64_intdigest(key.encode()) % _ABOUT == 0):
            blocks.append(range(start, place))
            start = place
    return blocks


class Blocks:
    """The blocks of a scan.

    Attributes
    ----------
    known : dict of range to ScanState
        By the places of their pieces, what a former run has kept of them.
    """

    def __init__(self, spec: ScanSpec, pieces: Sequence[Any], cache: StateCache) -> None:
        self.spec = spec
        self.cache = cache
        self.folds: dict[str, Fold] = {item.id: item.fold for item in spec.fitting}
        self.keys = [piece.key for piece in pieces]
        self.known: dict[range, ScanState] = {}
        self._at: dict[int, range] = {}
        if self.folds:
            self._place(self._beginning(), *cut(self.keys))

    def _beginning(self) -> range:
        """The pieces of an earlier scan, where these are the same and some more."""
        for n in range(len(self.keys), max(1, len(self.keys) - _MORE - 1), -1):
            if (found := self._find(range(n))) is not None:
                self.known[range(n)] = found
                return range(n)
        return range(0)

    def _place(self, first: range, *blocks: range) -> None:
        for block in (first, *(block for block in blocks if block.start >= first.stop)):
            self._at |= dict.fromkeys(block, block)
            if block and block not in self.known and (found := self._find(block)) is not None:
                self.known[block] = found

    def of(self, place: int) -> range:
        """The places of the block that a piece is in; none where it is in no block."""
        return self._at.get(place, range(0))

    def knows(self, pieces: Sequence[tuple[int, Any]]) -> bool:
        """Whether numbered pieces are all in blocks that are known."""
        return all(self.of(place) in self.known for place, _ in pieces)

    def _key(self, block: range) -> str:
        same = self.spec.of_the_fit()
        return canonical.digest(["block", _VERSION, same, sorted(self.keys[block.start : block.stop])])

    def _find(self, block: range) -> ScanState | None:
        key = self._key(block)
        data = self.cache.get(key)
        if data is None:
            return None
        try:
            sizes, buffers = unpack(data, "block")
            states = {name: self.folds[name].decode(view) for name, view in zip(sorted(sizes), buffers, strict=True)}
            return ScanState(states, Failures(), sizes=integers(sizes, list(states), "block"))
        except (CorruptArtefactError, KeyError, ValueError):  # of another make
            return None

    def keep(self, block: range, whole: ScanState) -> None:
        """Store what has shrunk of the states of a block, if no row of it failed."""
        if len(block) < 2 or whole.failures.found:
            return
        found = {}
        for name in sorted(self.folds.keys() & whole.sizes.keys()):
            if self.folds[name].shrinks(whole.states[name], whole.sizes[name]):
                encoded = self.folds[name].encode(whole.states[name])
                if 2 * len(encoded) <= whole.sizes[name]:
                    found[name] = encoded
        if found:
            self.cache.put(self._key(block), pack({name: whole.sizes[name] for name in found}, list(found.values())))

    def keep_all(self, whole: ScanState) -> None:
        """Store the states of all pieces as those of a block."""
        every = range(len(self.keys))
        if every not in self.known:
            self.keep(every, whole)


@dataclass
class BlockState(ScanState):
    """States with those of blocks that are not whole yet."""

    open: dict[range, ScanState] = field(default_factory=dict)


class FoldBlocks(FoldPieces):
    """The map function of a scan whose pieces lie in blocks."""

    def __init__(self, spec: ScanSpec, source: SourceInput | StageInput, blocks: Blocks) -> None:
        super().__init__(spec, source, blocks.cache)
        self.blocks = blocks

    def __call__(self, partition: int, pieces: Iterator[tuple[int, Any]]) -> Iterator[ScanState]:
        for place, piece in pieces:
            state, block = self._piece(place, piece), self.blocks.of(place)
            yield BlockState({}, Failures(), open={block: state}) if block and block not in self.blocks.known else state

    def wanted(self, number: int, piece: Any) -> dict[str, str]:
        keys = super().wanted(number, piece)
        block = self.blocks.known.get(self.blocks.of(number))
        return keys if block is None else {name: key for name, key in keys.items() if name not in block.states and name != FAILURES}


class MergeBlocks(ScanMerger):
    """Merges the states of pieces within their blocks first, and keeps each block that becomes whole."""

    def __init__(self, blocks: Blocks) -> None:
        super().__init__(blocks.spec.folds)
        self.blocks = blocks

    def merge(self, a: ScanState, b: ScanState) -> ScanState:
        total = super().merge(a, b)
        still: dict[range, ScanState] = {}
        mine, yours = _open(a), _open(b)
        for block in {**mine, **yours}:
            both = [side[block] for side in (mine, yours) if block in side]
            state = both[0] if len(both) == 1 else super().merge(*both)
            if state.read + state.known == len(block):
                self.blocks.keep(block, state)
                total = super().merge(total, state)
            else:
                still[block] = state
        return BlockState(**vars(total), open=still)

    def whole(self, state: ScanState) -> ScanState:
        """What was merged, with the blocks that were known; kept for the next scan."""
        for known in self.blocks.known.values():
            state = super().merge(state, known)
        self.blocks.keep_all(state)
        return state


def _open(state: ScanState) -> Mapping[range, ScanState]:
    return state.open if isinstance(state, BlockState) else {}
