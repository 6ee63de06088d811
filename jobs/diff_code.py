"""What two versions compute otherwise: features and rules by their formulae, and the job files line by line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from featureprep.expr.node import Node, describe
from featureprep.jobs.artefacts import LINEAGE, stored_file
from featureprep.serving.graph import TransformGraph
from featureprep.store.dataset import Dataset


@dataclass(frozen=True)
class CodeChange:
    """One definition: kind "feature", "rule" or "policy"; change "added", "removed" or "changed"; both formulae, "" for none."""

    kind: str
    name: str
    change: str
    before: str
    after: str


def compare_code(before: TransformGraph, after: TransformGraph) -> list[CodeChange]:
    """Written columns with their formulae, rules with their conditions, and the job's policy, where they differ."""
    found = list(_compare("feature", _features(before), _features(after)))
    found += _compare("rule", _rules(before), _rules(after))
    if before.malformed != after.malformed:
        found.append(CodeChange("policy", "malformed", "changed", before.malformed, after.malformed))
    return found


def _features(graph: TransformGraph) -> dict[str, tuple[Any, str]]:
    return {name: ((graph.roles[name], node.key), _text(node, graph.roles[name])) for name, node in graph.nodes.items()}


def _text(node: Node, role: str) -> str:
    """The formula, with what is not to be seen in it: the role, and the type of floats."""
    single = node.op == "as_dtype" and node.params.get("to") not in (None, "float64")
    text = describe(node.args[0] if node.op == "as_dtype" else node)
    marks = ([] if role == "feature" else [role]) + ([f"as {node.params['to']}"] if single else [])
    return f"{text} ({', '.join(marks)})" if marks else text


def _rules(graph: TransformGraph) -> dict[str, tuple[Any, str]]:
    return {
        f"{rule.kind} {rule.name}": ((rule.lenient, rule.node.key), rule.name if rule.lenient else describe(rule.node))
        for rule in graph.rules
    }


def _compare(kind: str, old: dict[str, tuple[Any, str]], new: dict[str, tuple[Any, str]]) -> Iterator[CodeChange]:
    for name in dict.fromkeys([*new, *old]):
        was, now = old.get(name), new.get(name)
        if was is None or now is None:
            yield CodeChange(kind, name, "added" if was is None else "removed", was[1] if was else "", now[1] if now else "")
        elif was[0] != now[0]:
            yield CodeChange(kind, name, "changed", was[1], now[1])


def compare_job_files(before: Dataset, after: Dataset) -> list[str]:
    """A unified diff of the job files, as the lineage of the two versions holds them; empty where one of them has none."""
    old, new = _job_file(before), _job_file(after)
    if old is None or new is None:
        return []
    names = [f"{dataset.name}@{dataset.version}" for dataset in (before, after)]
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), names[0], names[1], n=2, lineterm=""))


def _job_file(dataset: Dataset) -> str | None:
    data = stored_file(dataset.store, dataset.entry, LINEAGE)
    for line in (data or b"").splitlines():
        try:
            text = json.loads(line)["job"]["facets"]["sourceCode"]["sourceCode"]
        except (ValueError, LookupError, TypeError, RecursionError):
            continue
        if isinstance(text, str):
            return text
    return None
