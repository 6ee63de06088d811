"""Where everything lies in a store; every path in this package is made here. All are relative to the store's root.

<name>/data/<run id>/<split>/part-<partition>.parquet    one version's rows ("all" where there is no split)
<name>/data/<run id>/graph/..., contract.yaml, ...       what lies beside them
<name>/log/<20-digit n>.json                             the commit of version n
<name>/log/<20-digit n>.vacuumed.json                    version n was removed to save space
<name>/runs/<run id>/...                                 a failed run's report; never a version
<name>/tags/<tag>/<20-digit k>.json                      the k-th move of a tag
_state/<2 hex>/<digest>                                  fold states
_staging/<run id>/...                                    what a run needs to be resumed
"""

from __future__ import annotations

import re

from featureprep.errors import ArgumentError
from featureprep.store.names import check_dataset_name, check_digest, check_run_id, check_split, check_tag, check_task_id

STATE = "_state"
STAGING = "_staging"
TEMPORARY_PREFIX = ".fp-tmp-"
"""Begins the names of files that are not objects yet; no object's name may hold it."""

MAX_NUMBER = 10**20 - 1
MAX_PARTITIONS = 10**6
"""Partition numbers have 6 digits, so that the order of names is the order of numbers."""

_NUMBERED = re.compile(r"([0-9]{20})\.json", re.ASCII)
_VACUUMED = re.compile(r"([0-9]{20})\.vacuumed\.json", re.ASCII)
_PLAIN = re.compile(r"(?=.{1,255}\Z)[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", re.ASCII)
"""Most paths."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


def check_path(path: str) -> str:
    """`path`, if it is relative, stays inside its folder and means the same on every store.

    Raises
    ------
    ArgumentError
        For an absolute path, an empty, `.` or `..` segment, a backslash, a control character, a segment that holds
        `.fp-tmp-`, a path over 1000 bytes (the limit of object stores is 1024), or one that is not valid Unicode.
    """
    must = "a relative path of plain segments joined by '/', at most 1000 bytes long"
    if _PLAIN.fullmatch(path) and TEMPORARY_PREFIX not in path:
        return path
    segments = path.split("/")
    bad = any(s in ("", ".", "..") or TEMPORARY_PREFIX in s or len(s) > 255 for s in segments)
    if bad or _CONTROL.search(path) or len(path.encode("utf-8", "surrogatepass")) > 1000 or not _encodable(path):
        raise ArgumentError.of("path", "a stored file", must, path[:80])
    return path


def _encodable(path: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in path)


def join(folder: str, relative: str) -> str:
    """`relative` inside `folder`; raises ArgumentError when it would leave it."""
    return f"{folder}/{check_path(relative)}"


def number(n: int) -> str:
    """A version or history number, 20 digits, so that names sort as numbers do."""
    if type(n) is not int or not 1 <= n <= MAX_NUMBER:
        raise ArgumentError.of("n", "a version", "a whole number from 1", n)
    return f"{n:020d}"


def dataset(name: str) -> str:
    return check_dataset_name(name)


def run_data(name: str, run_id: str) -> str:
    """The folder of one run's version."""
    return f"{dataset(name)}/data/{check_run_id(run_id)}"


def data_folder(name: str) -> str:
    return f"{dataset(name)}/data"


def split_folder(name: str, run_id: str, split: str) -> str:
    return f"{run_data(name, run_id)}/{check_split(split)}"


def part_name(partition: int, piece: int | None = None) -> str:
    """The file name of a partition's rows, or of its `piece`-th file where a target size cuts it into several.

    Names sort as (partition, piece) do.

    Raises
    ------
    ArgumentError
        For a number outside 0 to 999,999.
    """
    for value in (partition, 0 if piece is None else piece):
        if isinstance(value, bool) or not 0 <= value < MAX_PARTITIONS:
            raise ArgumentError.of("partition", "part_name", f"a whole number from 0, under {MAX_PARTITIONS}", value)
    return f"part-{partition:06d}.parquet" if piece is None else f"part-{partition:06d}-{piece:06d}.parquet"


def log_folder(name: str) -> str:
    return f"{dataset(name)}/log"


def log_entry(name: str, n: int) -> str:
    return f"{log_folder(name)}/{number(n)}.json"


def vacuumed(name: str, n: int) -> str:
    return f"{log_folder(name)}/{number(n)}.vacuumed.json"


def failed_runs(name: str) -> str:
    return f"{dataset(name)}/runs"


def failed_run(name: str, run_id: str) -> str:
    return f"{failed_runs(name)}/{check_run_id(run_id)}"


def tags(name: str) -> str:
    return f"{dataset(name)}/tags"


def tag_folder(name: str, tag: str) -> str:
    return f"{tags(name)}/{check_tag(tag)}"


def tag_entry(name: str, tag: str, k: int) -> str:
    return f"{tag_folder(name, tag)}/{number(k)}.json"


def state(digest: str) -> str:
    return f"{STATE}/{check_digest(digest)[:2]}/{digest}"


def staging(run_id: str) -> str:
    return f"{STAGING}/{check_run_id(run_id)}"


def staging_manifest(run_id: str) -> str:
    return f"{staging(run_id)}/manifest.json"


def abandoned(run_id: str) -> str:
    """The mark of `vacuum` on a run: its files are being deleted, it can be neither resumed nor committed."""
    return f"{staging(run_id)}/abandoned.json"


def staging_attempts(run_id: str) -> str:
    return f"{staging(run_id)}/attempts"


def staging_receipt(run_id: str, task_id: str) -> str:
    return f"{staging(run_id)}/receipts/{check_task_id(task_id)}.json"


def staging_blob(run_id: str, digest: str) -> str:
    return f"{staging(run_id)}/blobs/{check_digest(digest)}"


def staging_part(run_id: str, relative: str) -> str:
    """A file of intermediate rows (a materialised prefix, a snapshot of a source)."""
    return join(f"{staging(run_id)}/parts", relative)


def _parse(pattern: re.Pattern[str], path: str) -> int | None:
    match = pattern.fullmatch(path.rpartition("/")[2])
    return int(match.group(1)) if match and int(match.group(1)) else None


def parse_number(path: str) -> int | None:
    """The number of a log or tag entry's path; None for any other file."""
    return _parse(_NUMBERED, path)


def parse_vacuumed(path: str) -> int | None:
    """The number of a tombstone's path; None for any other file."""
    return _parse(_VACUUMED, path)
