"""What a run was begun with, as data that lies in its staging area, and what is different when it is to go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from featureprep import canonical
from featureprep.plan import steps
from featureprep.report.visible import one_line

if TYPE_CHECKING:
    from featureprep.jobs.prepare import Prepared

SHOWN = 5
"""Files, steps or features that a sentence names."""

_SETTINGS = {
    "name": "the dataset's name", "partitions": "partitions", "statistics": "statistics", "environment": "the environment",
    "malformed": "malformed", "sample": "the sample", "split": "the split", "output": "the layout of the written files",
    "contract": "the contract", "params": "parameters", "keep": "keep", "dtype": "dtype",
}  # fmt: skip
_BY_DIGEST = ("split", "output", "contract", "params")
"""Settings that are held by their digest: they are too long to be told from one to another."""


def facts_of(prepared: Prepared) -> dict[str, Any]:
    """What the result of a run depends on, part by part, JSON values: files by their content, steps and features by their digests."""
    order = list(prepared.step.walk())
    verbs = [[step.describe(), canonical.digest(found)] for step, found in zip(order, steps.to_json(prepared.step), strict=True)]
    last = order[-1]
    features = last if isinstance(last, steps.Features) else None
    return {
        "sources": {name: {file.url: file.version for file in source.files} for name, source in prepared.sources.items()},
        "steps": verbs if features is None else verbs[:-1],
        "features": {} if features is None else {n: canonical.digest([f.node.key, f.role]) for n, f in features.features.items()},
        "keep": None if features is None else list(features.keep or ()),
        "dtype": None if features is None else features.dtype,
        "split": canonical.digest(None if prepared.split is None else prepared.split.spec()),
        "malformed": prepared.job.malformed,
        "partitions": prepared.request.partitions,
        "statistics": prepared.request.statistics,
        "environment": prepared.request.environment,
        "sample": prepared.request.sample,
        "name": prepared.name,
        "params": canonical.digest({name: str(value) for name, value in prepared.request.params.items()}),
        "contract": canonical.digest(None if prepared.contract is None else prepared.contract.to_yaml()),
        "output": canonical.digest(vars(prepared.job.output)),
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What is different, a sentence each: sources first, then the job, then its settings."""
    found = [
        f"the source {name!r} {text}"
        for name in dict.fromkeys([*after["sources"], *before["sources"]])
        if (text := _source(before["sources"].get(name), after["sources"].get(name)))
    ]
    found += _steps(before["steps"], after["steps"])
    for word, names in _compare(before["features"], after["features"]).items():
        if names:
            found.append(f"{word} features: {_some(names)}")
    for key, title in _SETTINGS.items():
        was, now = before.get(key), after.get(key)
        if was != now:
            found.append(f"{title} changed" if key in _BY_DIGEST else f"{title}: {_plain(was)} when it began, {_plain(now)} now")
    return found


def _compare(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        "changed": [name for name in now if name in was and was[name] != now[name]],
        "new": [name for name in now if name not in was],
        "lost": [name for name in was if name not in now],
    }


def _source(was: Mapping[str, str] | None, now: Mapping[str, str] | None) -> str:
    if was is None or now is None:
        return "is new" if was is None else "is gone"
    parts = [f"{len(names):,} {word} ({_some(names)})" for word, names in _compare(was, now).items() if names]
    return f"has other files: {', '.join(parts)}" if parts else ""


def _steps(was: list[list[str]], now: list[list[str]]) -> list[str]:
    if was == now:
        return []
    old, new = ({step[0]: step[1] for step in one} for one in (was, now))
    found = [f"{word} steps: {_some(names)}" for word, names in _compare(old, new).items() if names]
    return found or ["the steps are in another order"]


def _some(names: list[str]) -> str:
    return ", ".join(one_line(name, 120) for name in names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")


def _plain(value: Any) -> str:
    return "none" if value is None else str(value)
