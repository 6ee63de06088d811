"""What datasets are called in OpenLineage: namespace = scheme and authority of where they lie, name = path.

Follows OpenLineage's naming conventions: ("file", "/data/a.csv"), ("s3://bucket", "key"). Credentials and query strings of a
URL never get into a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from urllib.parse import quote

_STORED = re.compile(r"(?P<table>.+/[a-z0-9][a-z0-9_.-]{0,127})/data/(?P<run>r\d{8}t\d{9}-[0-9a-f]{10})/.+", re.ASCII | re.DOTALL)
_SCHEMES = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "local": "file"}
_WITH_QUERY = ("http", "https")


@dataclass(frozen=True, order=True)
class DatasetName:
    """A dataset's namespace and name, unique together."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return self.uri

    @property
    def uri(self) -> str:
        """Both as a URI, percent-encoded."""
        name = quote(self.name, safe="/:@=,;+~!*'()$&", errors="surrogatepass")
        if self.namespace == "file":
            return f"file://{name}"
        return f"{self.namespace}/{'' if name == '/' else name}" if "://" in self.namespace else f"{quote(self.namespace, safe='')}:{name}"


def name_of(location: str) -> DatasetName:
    """The name of a file, folder or pattern, from an absolute path or a URL (also a chain of them: `zip://a.csv::s3://b/c.zip`)."""
    inner, chained, outer = location.rpartition("::")
    if chained and "://" in inner:
        archive = name_of(outer)
        return DatasetName(archive.namespace, f"{archive.name}::{inner}")
    scheme, url, rest = location.partition("://")
    if not url:
        return DatasetName("file", location)
    scheme = _SCHEMES.get(scheme.lower(), scheme.lower())
    if scheme == "file":
        return DatasetName("file", rest)
    authority, _, path = rest.partition("/")
    if scheme in _WITH_QUERY:
        path = re.split(r"[?#]", path, maxsplit=1)[0]
    return DatasetName(f"{scheme}://{authority.rpartition('@')[2]}", path or "/")


def in_memory(job: str, source: str, whose: str = "memory") -> DatasetName:
    """The name of a table that was handed over in memory, or by an engine (`whose` memory: "dask"): it has no place, so it is called after
    the job that was given it.
    """
    return DatasetName(whose, f"{job}/{source}")


def stored_version(urls: Sequence[str]) -> tuple[DatasetName, str] | None:
    """The featureprep dataset and run id whose files these are, if all are of one version of a store; else None."""
    found = {(m["table"], m["run"]) if (m := _STORED.fullmatch(url)) else None for url in urls}
    if len(found) != 1 or (only := found.pop()) is None:
        return None
    return name_of(only[0]), only[1]


def common_folder(urls: Sequence[str]) -> str:
    """The deepest folder (or scheme and authority) that holds all of these; the file itself where there is one."""
    if len(urls) == 1:
        return urls[0]
    folders = zip(*(url.split("/")[:-1] for url in urls), strict=False)
    return "/".join(parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, folders)) or "/"
