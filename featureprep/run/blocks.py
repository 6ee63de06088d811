"""Merged states of neighbouring pieces, kept beside those of each: so a scan that knows most of its pieces reads few objects.

Pieces are cut into blocks by their keys alone, so that one that is new, changed or gone leaves most blocks as they were. All pieces of a
scan are a block too: the next scan, a day later, begins with it. What a block is known by are the keys of its pieces and all that their
states depend on. Only what shrinks when it is merged is kept so (moments, counts). Of the others (the values behind quantiles) an outline
is kept once their results were asked: what answers the same again. If it does not, the scan is made again without outlines, and such
states are looked for piece by piece, as they are where there is none. A block saves work and decides nothing: merging has no order, so
with and without it the same states come out, and one that is not there, or is not whole, is made of its pieces again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
from featureprep.threads import each

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
    whole : collection of str
        Items whose states must have all values: no outline is taken for one of them.
    """

    def __init__(self, spec: ScanSpec, pieces: Sequence[Any], cache: StateCache, whole: Collection[str] = ()) -> None:
        self.spec = spec
        self.cache = cache
        self.whole = whole
        self.folds: dict[str, Fold] = {item.id: item.fold for item in spec.fitting}
        self.keys = [piece.key for piece in pieces]
        self.known: dict[range, ScanState] = {}
        self._at: dict[int, range] = {}
        if self.folds:
            self._place(self._beginning(), *cut(self.keys))

    def _beginning(self) -> range:
        """The pieces of an earlier scan, where these are the same and some more."""
        for n in range(len(self.keys), max(1, len(self.keys) - _MORE - 1), -1):
            found = [kept for outlines in (False, True) if (kept := self._find(range(n), outlines=outlines)) is not None]
            if found:
                self.known[range(n)] = ScanMerger(self.folds).merge(found[0], found[-1]) if len(found) == 2 else found[0]
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

    def _key(self, block: range, *, outlines: bool = False) -> str:
        same = self.spec.of_the_fit()
        return canonical.digest(["outlines" if outlines else "block", _VERSION, same, sorted(self.keys[block.start : block.stop])])

    def _find(self, block: range, *, outlines: bool = False) -> ScanState | None:
        data = self.cache.get(self._key(block, outlines=outlines))
        if data is None:
            return None
        states = {}
        try:
            sizes, buffers = unpack(data, "block")
            for name, view in zip(sorted(sizes), buffers, strict=True):
                if not outlines:
                    states[name] = self.folds[name].decode(view)
                elif name not in self.whole:
                    states[name] = self.folds[name].from_outline(view)
            return ScanState(states, Failures(), sizes=integers(sizes, list(states), "block"))
        except (CorruptArtefactError, KeyError, ValueError):  # of another make
            return None

    def keep(self, block: range, whole: ScanState) -> None:
        """Store what has shrunk of the states of a block, if no row of it failed."""
        if len(block) >= 2 and not whole.failures.found:
            self._put(self._key(block), whole, lambda name, state: self._shrunk(name, state, whole.sizes[name]))

    def _shrunk(self, name: str, state: Any, size: int) -> bytes | None:
        return self.folds[name].encode(state) if self.folds[name].shrinks(state, size) else None

    def _put(self, key: str, whole: ScanState, encode: Callable[[str, Any], bytes | None]) -> None:
        """Store what of some states takes half their room at most."""
        names = sorted(self.folds.keys() & whole.sizes.keys())
        encoded = each(lambda name: encode(name, whole.states[name]), names)
        found = {name: data for name, data in zip(names, encoded, strict=True) if data is not None and 2 * len(data) <= whole.sizes[name]}
        if found:
            self.cache.put(key, pack({name: whole.sizes[name] for name in found}, list(found.values())))

    def keep_whole(self, whole: ScanState) -> None:
        """Store the states of all pieces for the next scan, once the results were asked what they are wanted for."""
        self.keep_all(whole)
        self.keep_outlines(whole)

    def keep_all(self, whole: ScanState) -> None:
        """Store the states of all pieces as those of a block."""
        every = range(len(self.keys))
        if every not in self.known:
            self.keep(every, whole)

    def keep_outlines(self, whole: ScanState) -> None:
        """Store outlines of the states of all pieces."""
        every = range(len(self.keys))
        if len(every) < 2 or whole.failures.found or (every in self.known and self.known[every].states.keys() >= self.folds.keys()):
            return
        self._put(
            self._key(every, outlines=True), whole, lambda name, state: None if name in self.whole else self.folds[name].outline(state)
        )


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
        """What was merged, with the blocks that were known."""
        for known in self.blocks.known.values():
            state = super().merge(state, known)
        return state


def _open(state: ScanState) -> Mapping[range, ScanState]:
    return state.open if isinstance(state, BlockState) else {}
