"""A first job for given data, as the text of job.py: every choice with its reason, to be edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from featureprep.jobs.scaffold.choose import Choice, LeftOut, choose
from featureprep.jobs.scaffold.code import argument_name, comment, moment, quoted
from featureprep.jobs.scaffold.facts import Facts
from featureprep.jobs.scaffold.label import guess_label, label_code
from featureprep.jobs.scaffold.remarks import remark
from featureprep.types import is_integer, is_numeric, is_temporal, is_text

GROUPS = {
    "numbers": "numbers: the median where one is missing, then mean 0 and standard deviation 1",
    "flags": "yes or no, as 1 and 0",
    "categories": "few values: one element each; a value that the fit has not seen is all zeros",
    "vocabularies": "many values: an id for each of the most frequent, a few shared ids for the rest",
    "texts": "sentences: a sparse vector of weighted words (matrix() needs featureprep[sklearn] for these)",
    "times": "parts of dates and times, as numbers (Monday is 0); as points on a circle: T.cyclic(..., part=...)",
    "lists": "lists: one element for each of the most frequent values, 1 where the list has it",
}


_LINE = 125
"""Characters of a line of features, the comment that may be longer left out."""
_REMARK = 2_000
"""Of a comment that holds code, which must be whole."""


@dataclass(frozen=True)
class Reading:
    """How the job reads its data: the reader of `fp`, its path as the job has it, further arguments."""

    reader: str
    path: str
    options: Mapping[str, Any]

    @property
    def code(self) -> str:
        more = "".join(f", {name}={_literal(value)}" for name, value in self.options.items())
        return f"fp.{self.reader}({quoted(self.path)}{more})"


@dataclass(frozen=True)
class FirstJob:
    """The parts of job.py.

    Attributes
    ----------
    features : list of (heading, lines)
    left_out : list of str
        Comment lines.
    label : str or None
        The line of a label, a comment where it is a guess.
    example : mapping
        One row, made of frequent and middle values: source text by source text.
    """

    table: str
    split: str
    split_why: str
    split_hint: str
    duplicates: str
    duplicates_why: str
    features: Sequence[tuple[str, Sequence[str]]]
    left_out: Sequence[str]
    label: Sequence[str]
    keep: str
    keep_why: str
    keep_remarks: Sequence[str]
    example: Mapping[str, str]
    needs_dt: bool


def first_job(facts: Sequence[Facts], table: str) -> FirstJob:
    """The first job for columns of which `facts` are known, in a function over `table`."""
    given = [fact for fact in facts if fact.training_only]
    label = given[0] if len(given) == 1 else None
    plain = [fact for fact in facts if not fact.training_only]
    chosen = {fact.name: choose(fact) for fact in plain}
    kept = [name for name, found in chosen.items() if isinstance(found, LeftOut) and found.keep]
    if not kept and all(isinstance(found, LeftOut) for found in chosen.values()):
        kept = [fact.name for fact in plain if not fact.sensitive]  # a job must write something
    used, groups = set(kept), dict[str, list[str]]()
    for fact in plain:
        found = chosen[fact.name]
        if isinstance(found, LeftOut):
            continue
        said = remark(fact)
        if said is not None:
            groups.setdefault(found[0].group, []).append(f"# {comment(said, _REMARK)}")
        for choice in found:
            name = argument_name(fact.name, used) if not choice.suffix else argument_name(argument_name(fact.name) + choice.suffix, used)
            used.add(name)
            groups.setdefault(choice.group, []).append(_line(name, choice))
    repeated = [
        f for f in plain if f.named_as_id and not f.is_key and not f.sensitive and f.distinct and f.filled and f.distinct < f.filled
    ]
    keys = [fact for fact in plain if fact.is_key]
    key = min(keys, key=lambda fact: (fact.is_row_number, not fact.named_as_id), default=None)
    lines = [line for each in groups.values() for line in each]
    label_lines = _label_lines(facts, label, used)
    return FirstJob(
        table=table,
        split='"row"' if key is None else quoted(key.name),
        split_why="rows that are equal are in the same part" if key is None else "a row is in the same part in every run",
        split_hint=""
        if not repeated
        else f"shall all rows of one {comment(quoted(repeated[0].name), 60)} be in the same part? by={quoted(repeated[0].name)}",
        duplicates="" if key is None else quoted(key.name),
        duplicates_why="are rows that are equal in all columns the same thing, told twice? then keep one of each:"
        if key is None
        else "can a row stand in the data twice? then keep one of each:"
        if not key.repeats
        else f"{key.repeats:,} {'row has' if key.repeats == 1 else 'rows have'} the {comment(quoted(key.name), 60)} of another; to keep one of each:",
        features=[(GROUPS[group], groups[group]) for group in GROUPS if group in groups],
        left_out=[_left_out(name, found) for name, found in chosen.items() if isinstance(found, LeftOut) and name not in kept]
        + [_left_out(fact.name, LeftOut("known in training only, by the contract")) for fact in given if fact is not label],
        label=label_lines,
        keep=", ".join(quoted(name) for name in kept),
        keep_why=_kept_why(chosen, kept),
        keep_remarks=[comment(said, _REMARK) for fact in plain if fact.name in kept and (said := remark(fact)) is not None],
        example=_example([fact for fact in plain if not isinstance(chosen[fact.name], LeftOut) or fact.name in kept]),
        needs_dt=any("dt.date" in line for line in lines),
    )


def _line(name: str, choice: Choice) -> str:
    code = f"{name}={choice.code},"
    return f"{code}  # {comment(choice.why, max(40, _LINE - len(code)))}" if choice.why else code


def _left_out(name: str, found: LeftOut) -> str:
    return comment(f"{quoted(name)}: {found.why}", 150)


def _kept_why(chosen: Mapping[str, list[Choice] | LeftOut], kept: Sequence[str]) -> str:
    found = {why.why for name in kept if isinstance(why := chosen[name], LeftOut)}
    return comment(found.pop()) if len(found) == 1 else "written as they are, beside the features"


def _label_lines(facts: Sequence[Facts], label: Facts | None, used: set[str]) -> list[str]:
    if label is not None:
        code = label_code(label)
        return [f"{argument_name(label.name, used)}=fp.label({code}),  # known in training only, by the contract"] if code else []
    guess = guess_label(facts)
    if guess is None:
        return ["# what is to be predicted? name it:  label=fp.label(...),"]
    name = argument_name("label", used - {argument_name(guess.name)})
    return [
        f"# is {comment(quoted(guess.name), 60)} to be predicted? then delete what is made of it above, and write:",
        f"# {name}=fp.label({label_code(guess)}),",
    ]


def _example(facts: Sequence[Facts]) -> dict[str, str]:
    made = {}
    for fact in facts:
        code = _value(fact)
        if code is not None:
            made[quoted(fact.name)] = code
    return made


def _value(fact: Facts) -> str | None:
    """A value as source text: the middle one of numbers, the most frequent one of others; None where none is known."""
    if fact.sensitive:
        return None
    if is_numeric(fact.type) and fact.quantiles is not None and not fact.is_key:
        middle = fact.quantiles[0.5]
        return str(int(middle)) if is_integer(fact.type) else repr(middle)
    if is_temporal(fact.type) and isinstance(fact.low, str):
        return moment(fact.low, day=pa.types.is_date32(fact.type))
    if fact.values and isinstance(fact.values[0], (bool, int, str)):
        value = fact.values[0]
        return quoted(value[:80]) if isinstance(value, str) else repr(value)
    if pa.types.is_decimal(fact.type) and isinstance(fact.low, str):
        return quoted(fact.low)
    return '""' if is_text(fact.type) else None


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    return repr(value)
