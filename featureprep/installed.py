"""What of featureprep's optional parts is installed beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA: Final = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
_FOR_DEVELOPERS: Final = ("all", "dev", "test")


@dataclass(frozen=True)
class Extra:
    """An extra: what of it is installed, by distribution, and what is not."""

    name: str
    versions: dict[str, str]
    missing: list[str]


def extras(package: str = "featureprep") -> list[Extra]:
    """The extras that users may want, by name; none where the package itself is not installed."""
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return []
    wanted: dict[str, list[str]] = {}
    for requirement in distribution.requires or []:
        name, extra = _NAME.match(requirement), _EXTRA.search(requirement)
        if name and extra and extra[1] not in _FOR_DEVELOPERS and name[0] != package:
            wanted.setdefault(extra[1], []).append(name[0])
    found = []
    for extra_name, names in sorted(wanted.items()):
        versions = {name: version for name in names if (version := _version(name)) is not None}
        found.append(Extra(extra_name, versions, [name for name in names if name not in versions]))
    return found


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
