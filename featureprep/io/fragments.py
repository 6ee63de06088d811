"""Cutting the files of a source into fragments, the units that engines hand to workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from featureprep.errors import ArgumentError
from featureprep.io.base import Fragment, PinnedFile, Source
from featureprep.io.formats import format_of


def plan(source: Source, name: str, files: Sequence[PinnedFile], target_bytes: int) -> list[Fragment]:
    """The fragments of all files, numbered through in the order of the files.

    Parameters
    ----------
    source : Source
    name : str
        The source's name in the job; it is not part of the fragments' keys.
    files : sequence of PinnedFile
        From `featureprep.io.listing.pin`.
    target_bytes : int
        About how large a fragment is, in stored bytes. A piece is never smaller than what the format can read alone.

    Raises
    ------
    ArgumentError
        When `target_bytes` is not positive.
    """
    if target_bytes < 1:
        raise ArgumentError.of("target_bytes", "plan", "a positive number of bytes", target_bytes)
    reader = format_of(source)
    pieces = [piece for file in files for piece in reader.fragments(source, name, file, target_bytes)]
    return [replace(piece, index=index) for index, piece in enumerate(pieces)]
