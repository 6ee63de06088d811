"""What datasets, tags, splits, runs and tasks may be called.

Names become folder names on every kind of store, so they are lower case (two that differ in case alone would be one
folder on some disks), ASCII, and never begin with a character that hides a file or climbs out of a folder.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets

from featureprep.errors import ArgumentError

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,127}", re.ASCII)
_RUN_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.=-]{0,199}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{32,128}", re.ASCII)

_NAME_RULE = "1 to 128 characters of a-z, 0-9, '_', '.' and '-', beginning with a letter or digit"
_RESERVED_NAMES = frozenset({"_state", "_staging", "latest"})
_RESERVED_SPLITS = frozenset({"graph", "quarantine"})
"""Folders that lie beside the splits of a run."""


def _shown(value: object) -> object:
    """A hostile name can be megabytes; an error shows its beginning."""
    return value[:80] + "..." if isinstance(value, str) and len(value) > 80 else value


def _check(value: object, pattern: re.Pattern[str], param: str, owner: str, must: str, hint: str | None = None) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise ArgumentError.of(param, owner, must, _shown(value), hint=hint)
    return value


def _suggestion(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    close = re.sub(r"[^a-z0-9_.-]+", "_", value[:128].lower()).lstrip("_.-")
    return f"{close!r} would do." if close and close not in _RESERVED_NAMES else None


def check_dataset_name(name: object) -> str:
    """`name`, if a dataset can be called so.

    Raises
    ------
    ArgumentError
        Otherwise, with the rule and a name near to it.
    """
    text = _check(name, _NAME, "name", "a dataset", _NAME_RULE, _suggestion(name))
    if text in _RESERVED_NAMES:
        raise ArgumentError.of("name", "a dataset", f"none of {', '.join(sorted(_RESERVED_NAMES))}", text)
    return text


def check_tag(tag: object) -> str:
    """`tag`, if a version can be tagged so: as a dataset name, but not all digits (that is a version number).

    Raises
    ------
    ArgumentError
        Otherwise.
    """
    text = _check(tag, _NAME, "tag", "a dataset", _NAME_RULE, _suggestion(tag))
    if text.isdigit() or text in _RESERVED_NAMES:
        raise ArgumentError.of("tag", "a dataset", "neither a number nor 'latest', which name versions already", text)
    return text


def check_split(split: object) -> str:
    """`split`, if a split can be called so: as a dataset name, but not as a folder that lies beside the splits.

    Raises
    ------
    ArgumentError
        Otherwise.
    """
    text = _check(split, _NAME, "split", "a dataset", _NAME_RULE, _suggestion(split))
    if text in _RESERVED_SPLITS:
        raise ArgumentError.of("split", "a dataset", f"none of {', '.join(sorted(_RESERVED_SPLITS))}", text)
    return text


def check_run_id(run_id: object) -> str:
    """`run_id`, if it is one: a DNS-1035 label, so that clusters can name things after it.

    Raises
    ------
    ArgumentError
        Otherwise.
    """
    must = "1 to 63 characters of a-z, 0-9 and '-', beginning with a letter and not ending with '-'"
    return _check(
        run_id,
        _RUN_ID,
        "run_id",
        "a run",
        must,
        "`featureprep resume --list` prints the ids of the runs that did not end.",
    )


def check_task_id(task_id: object) -> str:
    """`task_id`, if a task can be called so.

    Raises
    ------
    ArgumentError
        Otherwise.
    """
    return _check(task_id, _TASK_ID, "task_id", "a task", "1 to 200 characters of A-Z, a-z, 0-9, '_', '.', '=' and '-'")


def check_digest(digest: object) -> str:
    """`digest`, if it is lower-case hex of 16 to 64 bytes.

    Raises
    ------
    ArgumentError
        Otherwise.
    """
    return _check(digest, _DIGEST, "digest", "a stored object", "32 to 128 hex digits in lower case")


def new_run_id(now: dt.datetime) -> str:
    """A new run id: `r<UTC time to the millisecond>-<40 random bits>`, so that ids sort by time.

    Parameters
    ----------
    now : datetime
        Aware; the run's clock (`--now` where it is set).

    Raises
    ------
    ArgumentError
        When `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ArgumentError.of("now", "new_run_id", "an aware datetime", now.isoformat())
    moment = now.astimezone(dt.UTC)
    return f"r{moment:%Y%m%dt%H%M%S}{moment.microsecond // 1000:03d}-{secrets.token_hex(5)}"
