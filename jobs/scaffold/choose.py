"""Which transform a column gets in a first job, and why. Rules of thumb, said in comments: to be edited by who knows the data."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from featureprep.jobs.scaffold.code import moment, quoted, shown
from featureprep.jobs.scaffold.facts import Facts
from featureprep.types import format_type, is_integer, is_list, is_numeric, is_temporal, is_text

FEW = 30
"""Texts of at most so many values become one element a value."""
SOME = 10_000
"""Texts of at most so many values get ids from a vocabulary."""
CODES = 7
"""Whole numbers of at most so many values are taken for codes rather than quantities."""
_MANIFOLD = 0.2
"""Sentences are read as words where at least so many of the filled cells differ."""
_MOSTLY = 0.95
_OFTEN = 0.02


@dataclass(frozen=True)
class Choice:
    """A feature of a first job: its group, the suffix of its name, its code, and why."""

    group: str
    code: str
    why: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A column that is no feature: why, and whether it is written as it is."""

    why: str
    keep: bool = False


def choose(facts: Facts) -> list[Choice] | LeftOut:
    """The features of a column, or why it has none."""
    if facts.sensitive:
        return LeftOut("marked sensitive in the contract: name it yourself if it may be used")
    if facts.constant:
        return _constant(facts)
    if facts.is_key:
        every = "nearly every row" if facts.repeats else "every row"
        return LeftOut("counts the rows" if facts.is_row_number else f"a value of its own in {every}: it names the row", keep=True)
    if facts.rows is None and facts.named_as_id and not facts.values:
        return LeftOut("an identifier, by its name", keep=True)
    if facts.missing > _MOSTLY:
        return [Choice("flags", _indicator(facts), f"{_share(facts.missing)} missing: only whether there is a value")]
    found = _by_type(facts)
    if isinstance(found, list) and facts.missing >= _OFTEN and found[0].group in ("numbers", "times"):
        found.append(Choice(found[0].group, _indicator(facts), f"{_share(facts.missing)} missing", "_missing"))
    return found


def _by_type(facts: Facts) -> list[Choice] | LeftOut:
    dtype, name = facts.type, quoted(facts.name)
    if pa.types.is_boolean(dtype):
        return [Choice("flags", _filled(facts, f'col({name}).cast("int8")', "most_frequent"))]
    if is_numeric(dtype):
        return _number(facts)
    if is_text(dtype):
        return _text(facts)
    if is_temporal(dtype):
        return [_time(facts)]
    if is_list(dtype):
        return _list(facts)
    if pa.types.is_struct(dtype) and dtype.num_fields:
        first = quoted(dtype.field(0).name)
        return LeftOut(f"{format_type(dtype)}: take its parts, as in col({name}).struct.field({first})")
    return LeftOut(f"{format_type(dtype)}: no transform takes it as it is")


def _constant(facts: Facts) -> list[Choice] | LeftOut:
    if not facts.filled:
        return LeftOut("no value at all")
    value = facts.values[0] if facts.values else facts.low
    if facts.missing:
        return [Choice("flags", _indicator(facts), f"always {shown(value)} where it is not missing")]
    return LeftOut(f"always {shown(value)}: nothing to learn from")


def _number(facts: Facts) -> list[Choice] | LeftOut:
    name, integer = quoted(facts.name), is_integer(facts.type)
    if integer and facts.distinct == 2 and (facts.low, facts.high) == (0, 1):
        return [Choice("flags", f"col({name})" if facts.never_null else _filled(facts, name, "most_frequent"), "0 or 1")]
    if facts.epoch_unit is not None:
        time = f'col({name}).dt.from_epoch("{facts.epoch_unit}")'
        missing = ", missing=dt.date(1970, 1, 1)" if facts.missing else ""
        why = "by its name and size seconds since 1970" if facts.epoch_unit == "s" else "by its name and size milliseconds since 1970"
        return [Choice("times", f'T.date_parts({time}, ["month", "weekday", "hour"]{missing})', why)]
    if facts.period is not None:
        why = f"{facts.low} to {facts.high}, by its name what comes round again: as a point on a circle"
        return [Choice("times", f"T.cyclic({_filled(facts, name, 'median')}, period={facts.period})", why)]
    if integer and facts.rows is not None and (facts.named_as_id or facts.named_as_code or facts.zeros or facts.distinct is None):
        why = "an identifier, by its name" if facts.named_as_id else "digits that are a code, by its name"
        why = why if facts.named_as_id or facts.named_as_code else "some begin with a zero: taken for codes"
        if facts.distinct is None:
            return [_ids(facts, "whole numbers beyond 2**53: names rather than quantities")]
        return (
            [_ids(facts, why)]
            if facts.distinct > FEW
            else [Choice("categories", f"T.one_hot({name})", f"{why}; {_values(facts.distinct)}")]
        )
    if integer and facts.distinct is not None and facts.distinct <= CODES and (facts.rows or 0) > 10 * CODES:
        codes = f"{facts.distinct} whole numbers, {shown(facts.low)} to {shown(facts.high)}: taken for codes"
        return [Choice("categories", f"T.one_hot({name})", f"{codes}; a quantity is scaled, as above")]
    span = "" if facts.low is None else f"{shown(facts.low)} to {shown(facts.high)}"
    filled = _filled(facts, name, "median")
    if facts.long_tailed:
        return [Choice("numbers", f"T.standard_scale(T.log1p({filled}))", f"{span}, few of them high: their logarithm")]
    return [Choice("numbers", f"T.standard_scale({filled})", span)]


def _text(facts: Facts) -> list[Choice]:
    name, n = quoted(facts.name), facts.distinct
    if n is not None and n <= FEW:
        known = [value for value in facts.values if isinstance(value, str)][:3]
        some = ", ".join(shown(value) for value in known) + (", …" if n > len(known) else "")
        return [Choice("categories", f"T.one_hot({name})", f"{_values(n)}: {some}" if known else _values(n))]
    separator = facts.list_separator
    if separator is not None:
        listed = f'T.multi_hot(col({name}).str.split("{separator}"), top_k=200)'
        return [Choice("lists", listed, f"words with {separator} between them, by the look of it")]
    if facts.wordy and (n is None or facts.filled is None or n > _MANIFOLD * facts.filled or n > SOME):
        what = "sentences" if n is None else f"{n:,} different texts"
        return [Choice("texts", f'T.tf_idf(T.tokenize({name}, missing=""), max_features=1000)', what)]
    return [_ids(facts, "")]


def _ids(facts: Facts, why: str) -> Choice:
    """A vocabulary where it is of a middling size, buckets by hash where it is large."""
    name, n = quoted(facts.name), facts.distinct
    missing = '""' if is_text(facts.type) else "0" if pa.types.is_unsigned_integer(facts.type) else "-1"
    often = n is None or facts.filled is None or n <= facts.filled / 2
    count = "" if n is None else _values(n)
    said = "; ".join(part for part in (why, count) if part)
    if often and (n or 0) <= SOME and not (n is None and facts.rows is not None):
        return Choice("vocabularies", f"T.vocabulary({name}, top_k=1000, oov_buckets=10, missing={missing})", said)
    seldom = "" if often else ", most of them seen once"
    return Choice(
        "vocabularies", f"T.hash_bucket({name}, 1024, missing={missing})", f"{said}{seldom}: hashed, nothing is stored" if said else ""
    )


def _time(facts: Facts) -> Choice:
    name = quoted(facts.name)
    parts = ("month", "day", "weekday") if pa.types.is_date32(facts.type) else ("month", "weekday", "hour")
    wanted = ", ".join(quoted(part) for part in parts)
    first = moment(facts.low, day=pa.types.is_date32(facts.type)) if isinstance(facts.low, str) else None
    filled = f", missing={first}" if facts.missing and first is not None else ""
    span = "" if facts.low is None else f"{facts.low} to {facts.high}"
    return Choice("times", f"T.date_parts({name}, [{wanted}]{filled})", span)


def _list(facts: Facts) -> list[Choice] | LeftOut:
    name, inner = quoted(facts.name), facts.type.value_type
    if pa.types.is_fixed_size_list(facts.type) and is_numeric(inner):
        return [Choice("lists", f"col({name})", f"a vector of {facts.type.list_size}, as it is")]
    count = f"col({name}).list.len()"
    length = Choice("lists", count if facts.never_null else f'T.impute({count}, "constant", value=0)', "how many", "_count")
    if is_text(inner):
        return [Choice("lists", f"T.multi_hot({name}, top_k=200)"), length]
    if is_numeric(inner):  # numbers that are names are better taken as text is
        return [Choice("lists", f'T.standard_scale(T.impute(col({name}).list.mean(), "median"))', "their mean", "_mean"), length]
    return [length]


def _filled(facts: Facts, code: str, strategy: str) -> str:
    """With what is missing filled in: as it is where the contract lets nothing be missing."""
    return code if facts.never_null else f'T.impute({code}, "{strategy}")'


def _indicator(facts: Facts) -> str:
    return f'T.impute({quoted(facts.name)}, "indicator")'


def _values(n: int) -> str:
    return f"{n:,} {'value' if n == 1 else 'values'}"


def _share(part: float) -> str:
    return f"{part:.0%}" if part >= 0.1 else f"{part:.1%}"
