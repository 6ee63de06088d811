"""The edits of a contract's text that let a broken rule hold: the smallest loosening that the data needs."""

from __future__ import annotations

import math
from typing import Any

import yaml

from featureprep.errors import RequestError
from featureprep.types import format_type
from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import Column
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.outcome import Outcome
from featureprep.validators.proposals.document import Document, Edit, entry
from featureprep.validators.proposals.facts import Facts
from featureprep.validators.yaml_text import INNER, column_line, flow_text

_BOUNDS = ("range", "length", "valency", "rows")
_INNER = {**INNER, "keys": "of"}
_TYPED = ("values", "min_domain_mass", "range", "regex", "length", "valency", "not_nan", "unique", "drift")
"""Keys of a column that not every type takes."""


def edits_for(outcome: Outcome, rule: Rule | None, document: Document, source: str, facts: Facts) -> list[Edit]:
    """What to edit so that the rule of this outcome holds, or only warns where no limit of it can be read off the data.

    Parameters
    ----------
    rule : Rule or None
        None for what is judged without one: a column that the contract does not have.
    source : str
        The contract's section.

    Returns
    -------
    list of Edit
        Empty where no edit of the contract would help.
    """
    section = document.section(source)
    if outcome.check == "extra_columns":
        found = facts.inferred.get(str(outcome.column))
        return [] if found is None else [document.add(entry(section, "columns"), column_line(found))]
    if rule is None:
        return []
    if rule.check == "allow_empty":
        return [_set(document, section, "allow_empty", "true")]
    if rule.column is None:
        return _limits(outcome, rule, document, section, facts)
    columns = entry(section, "columns")
    stated = entry(columns, rule.column)
    if rule.check == "type":
        found = facts.inferred.get(rule.column)
        if found is not None and format_type(found.type) == rule.params["type"]:  # the cells are of several kinds: no type takes all
            return only_warned(rule, document, source)
        return _type(document, stated, found)
    if not isinstance(stated, yaml.MappingNode):  # the short form states a type, and with it that the column exists
        return [document.replace(stated, f"{{type: {document.verbatim(stated)}, required: false}}")]
    if rule.check == "required":
        return [_set(document, stated, "required", "false")]
    return _limits(outcome, rule, document, stated, facts)


def only_warned(rule: Rule, document: Document, source: str) -> list[Edit]:
    """What to edit so that a rule only warns."""
    section = document.section(source)
    holder = section if rule.column is None else entry(entry(section, "columns"), rule.column)
    if isinstance(holder, yaml.MappingNode):
        stated = entry(holder, rule.check)
        return [] if stated is None else _warned(rule, document, stated)
    return [document.replace(holder, f"{{type: {{is: {document.verbatim(holder)}, severity: warn}}}}")]


def _limits(outcome: Outcome, rule: Rule, document: Document, holder: Any, facts: Facts) -> list[Edit]:
    """Of what stands under a check's key in `holder`: another limit, else that it only warns."""
    stated = entry(holder, rule.check)
    if stated is None:
        return []
    threshold = entry(stated, "at_most")
    if threshold is not None and outcome.at_most is not None and outcome.count is not None:
        text = str(outcome.count) if outcome.at_most.rows is not None else _share(outcome)
        return [document.replace(threshold, text)]
    if rule.check == "nullable":
        name = next(key for key, _ in holder.value if key.value == "nullable")
        start = name.start_mark.index
        return [Edit(start, document.replace(stated, "").stop, f"null_fraction: {_share(outcome)}")]
    if rule.check == "null_fraction":
        return [document.replace(_inner(stated, "max"), _share(outcome))]
    if rule.id in facts.values:
        listed = _inner(stated, "of")
        if isinstance(listed, yaml.SequenceNode):
            return [document.append(listed, [flow_text(value) for value in facts.values[rule.id]])]
    bound = entry(stated, rule.part) if rule.check in _BOUNDS else None
    limit = outcome.total if rule.check == "rows" else facts.limits.get(rule.id)
    if bound is not None and limit is not None:
        return [document.replace(bound, flow_text(limit))]
    return _warned(rule, document, stated)


def _type(document: Document, stated: Any, found: Column | None) -> list[Edit]:
    """The type that the data has. Limits that the type does not take go."""
    if found is None:
        return []
    kind = flow_text(format_type(found.type))
    if not isinstance(stated, yaml.MappingNode):
        return [document.replace(stated, kind)]
    edits = [document.replace(_inner(entry(stated, "type"), "is"), kind)]
    for key in _TYPED:
        value = entry(stated, key)
        if value is not None and not _takes(kind, key, document, stated):
            edits.append(document.remove(stated, key))
    return edits


def _takes(kind: str, key: str, document: Document, stated: Any) -> bool:
    keys = ("values", key) if key == "min_domain_mass" else (key,)
    parts = [f"{each}: {document.verbatim(value)}" for each in keys if (value := entry(stated, each)) is not None]
    try:
        load_contract(f"columns: {{c: {{type: {kind}, {', '.join(parts)}}}}}\n")
    except RequestError:
        return False
    return True


def _warned(rule: Rule, document: Document, stated: Any) -> list[Edit]:
    """The rule only warns."""
    if isinstance(stated, yaml.SequenceNode) and not all(isinstance(item, yaml.ScalarNode) for item in stated.value):
        stated = next((item for item in stated.value if _states(item, rule)), None)
    if stated is None:
        return []
    if isinstance(stated, yaml.MappingNode):
        return [_set(document, stated, "severity", "warn")]
    return [document.replace(stated, f"{{{_INNER.get(rule.check, 'is')}: {document.verbatim(stated)}, severity: warn}}")]


def _states(item: Any, rule: Rule) -> bool:
    """Whether an item of a list of expressions or keys is that of the rule."""
    written = next((part for key in ("expr", "of") if (part := entry(item, key)) is not None), item)
    if isinstance(written, yaml.SequenceNode):
        return [part.value for part in written.value] == list(rule.params.get("columns", ()))
    return written.value in (rule.params.get("expr"), rule.part)


def _set(document: Document, mapping: Any, key: str, text: str) -> Edit:
    stated = entry(mapping, key)
    return document.add(mapping, f"{key}: {text}") if stated is None else document.replace(stated, text)


def _inner(stated: Any, key: str) -> Any:
    """The value of a check in its long form or its short one."""
    return entry(stated, key) if isinstance(stated, yaml.MappingNode) else stated


def _share(outcome: Outcome) -> str:
    """The share of rows that break a rule, rounded up to two digits."""
    share = outcome.fraction or 0.0
    if not share:
        return "0.0"
    scale = 10.0 ** (1 - math.floor(math.log10(share)))
    rounded = math.ceil(share * scale) / scale
    return repr(min(1.0, rounded if rounded >= share else math.nextafter(share, 2)))
