"""A file that a user asked for, written to a place of the user's."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from featureprep.cures import cure
from featureprep.errors import WorldError


def write_file(path: str, data: str | bytes) -> None:
    """Write a file whole, text as UTF-8 with its line ends as they are; one that is there is replaced.

    The bytes go to a temporary file beside it first: a full disk leaves neither half a file nor harm to the one that was there. A link
    is followed. What is no plain file (a pipe, a terminal), or lies in a folder in which none can be made, is written to as it is.

    Raises
    ------
    WorldError
        When the folder does not exist, or the disk refuses.
    """
    content = data.encode() if isinstance(data, str) else data
    try:
        target = Path(os.path.realpath(path))
        if Path(path).exists() and (not target.is_file() or not os.access(target.parent, os.W_OK)):
            Path(path).write_bytes(content)  # as it is named: a pipe's link, such as /dev/stdout, leads to no path
        else:
            _replace(target, content)
    except FileNotFoundError as error:
        if target.parent.is_dir():  # /proc and its like
            raise WorldError("no file can be made there", where=str(path), hint="name another place") from error
        raise WorldError("the folder of the output does not exist", where=str(path), hint=f"mkdir -p {Path(path).parent}") from error
    except OSError as error:
        raise WorldError(f"the output cannot be written: {error.strerror or error}", where=str(path), hint=cure(error)) from error


def _replace(target: Path, content: bytes) -> None:
    """Put a file in place by renaming; it has the rights that the one before it had."""
    made = target.with_name(f".featureprep-{secrets.token_hex(8)}.tmp")
    try:
        with made.open("xb") as handle:
            handle.write(content)
        if target.exists():
            made.chmod(target.stat().st_mode & 0o7777)
        made.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            made.unlink(missing_ok=True)
        raise
