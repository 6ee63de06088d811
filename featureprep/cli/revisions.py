"""Files as they were in a git revision, spelled as git does: `HEAD:contract.yaml`."""

from __future__ import annotations

import os
import subprocess
from typing import Final

from featureprep.errors import RequestError, WorldError

_SECONDS: Final = 60
_ABSENT: Final = ("does not exist in", "exists on disk, but not in")
_NO_COMMIT: Final = ("invalid object name 'HEAD'", "not a valid object name HEAD")


def is_revision(text: str) -> bool:
    """Whether a text names a file in a revision; a file of that very name comes first."""
    return ":" in text and not text.startswith("-") and not os.path.lexists(text)


def at_revision(text: str, path: str) -> tuple[str, str, str]:
    """A folder, what to ask git for there, and its name; `REV:` is the file `path` in that revision."""
    revision, _, inside = text.partition(":")
    if inside:
        return ".", text, text
    folder, base = os.path.split(path)
    return folder or ".", f"{revision}:./{base}", f"{revision}:{path}"


def git_show(folder: str, spelled: str) -> bytes | None:
    """What `git show` gives; None where the revision does not have the file, or HEAD has no commit yet.

    Raises
    ------
    RequestError
        When there is no such revision, or no repository.
    WorldError
        When git cannot be run.
    """
    command = ["git", "--no-pager", "show", "--no-textconv", spelled]
    try:
        done = subprocess.run(  # noqa: S603  (no shell; the text begins with no dash)
            command, cwd=folder, capture_output=True, check=False, timeout=_SECONDS, env={**os.environ, "LC_ALL": "C"}
        )
    except FileNotFoundError as error:
        hint = "install git, or name a file" if os.path.isdir(folder) else "the folder does not exist"
        raise WorldError("git cannot be run", where=spelled, hint=hint) from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise WorldError(f"git cannot be run: {error}", where=spelled) from error
    if done.returncode == 0:
        return done.stdout
    told = done.stderr.decode("utf-8", "replace").strip()
    if any(text in told for text in (*_ABSENT, *_NO_COMMIT)):
        return None
    first = (told.splitlines() or ["git show failed"])[0].removeprefix("fatal: ")
    raise RequestError(
        f"neither a file, nor is it in a revision of git: {first[:300]}", where=spelled, hint="HEAD:contract.yaml is the last commit's"
    )
