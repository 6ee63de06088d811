"""A file that a user asked for, written to a place of the user's."""

from __future__ import annotations

from pathlib import Path

from featureprep.cures import cure
from featureprep.errors import WorldError


def write_file(path: str, data: str | bytes) -> None:
    """Write a file whole, text as UTF-8 with its line ends as they are; one that is there is overwritten.

    Raises
    ------
    WorldError
        When the folder does not exist, or the disk refuses.
    """
    try:
        Path(path).write_bytes(data.encode() if isinstance(data, str) else data)
    except FileNotFoundError as error:
        raise WorldError("the folder of the output does not exist", where=str(path), hint=f"mkdir -p {Path(path).parent}") from error
    except OSError as error:
        raise WorldError(f"the output cannot be written: {error.strerror or error}", where=str(path), hint=cure(error)) from error
