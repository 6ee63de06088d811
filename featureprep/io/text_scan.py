"""What the pinning pass over a text file learns: its digest, and places where it can be cut."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from featureprep.canonical import digest
from featureprep.io.base import Fragment, PinnedFile
from featureprep.io.csv_split import Block
from featureprep.io.streams import stored_blocks

CHUNK_ROWS = 65_536
MIN_SPLIT = 4096
"""Split points are at least this far apart, and at most 1024 a file."""


class Tee:
    """An iterable of blocks that takes their digest as they pass; `version` is right when all have passed."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks
        self._digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self._digest.update(block)
            yield block

    @property
    def version(self) -> str:
        return f"sha256:{self._digest.hexdigest()}"


def stored_digest(url: str, options: Mapping[str, Any]) -> str:
    """The version of a file that is read for nothing else."""
    tee = Tee(stored_blocks(url, options))
    for _ in tee:
        pass
    return tee.version


def skip(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Blocks without their first `count` bytes."""
    for block in blocks:
        if count >= len(block):
            count -= len(block)
            continue
        yield block[count:] if count else block
        count = 0


def split_every(size: int) -> int:
    """Bytes between split points, a power of two that depends on the file's size alone."""
    return max(MIN_SPLIT, 1 << max(0, (size - 1) // 1024).bit_length())


def find_splits(blocks: Iterator[Block], offset: int, size: int) -> list[list[int]]:
    """[offset, line] of the first record at or after each multiple of `split_every(size)`; `offset` is where the blocks begin."""
    every = split_every(size)
    line = 1
    splits: list[list[int]] = []
    target = every
    for block in blocks:
        starts = block.newlines + 1
        while target < offset + len(block.data) + 1:
            at = int(np.searchsorted(starts, target - offset))
            if at == len(starts):
                break
            start = int(starts[at])
            if offset + start < size:
                splits.append([offset + start, line + int(np.searchsorted(block.all_newlines, start))])
            target = ((offset + start) // every + 1) * every
        offset += len(block.data)
        line += len(block.all_newlines)
    return splits


def cut_fragments(name: str, file: PinnedFile, target_bytes: int, identity: Mapping[str, Any]) -> list[Fragment]:
    """Cut a text file at the first split point after each multiple of `target_bytes`; one piece where it has none."""
    splits = file.facts.get("splits")
    bounds = [[file.facts["body"] if splits is not None else 0, file.facts["line"]]]
    for offset, line in splits or ():
        if offset // target_bytes > bounds[-1][0] // target_bytes:
            bounds.append([offset, line])
    stops = [bound[0] for bound in bounds[1:]] + [file.size]
    # split points are of use here only, and need not travel with every fragment
    slim = replace(file, facts={key: value for key, value in file.facts.items() if key != "splits"})
    pieces = []
    for index, ((start, line), stop) in enumerate(zip(bounds, stops, strict=True)):
        key = digest({**identity, "file": file.version, "start": start, "stop": stop, "partition": dict(file.partition)})
        pieces.append(Fragment(name, slim, index, start, stop, line, key))
    return pieces
