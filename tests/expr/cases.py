"""Every expression operation with the arguments it is tried with: over columns of all types, those that it refuses included."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from featureprep.expr.node import Node
from featureprep.expr.op import _REGISTRY, find
from featureprep.expr.udf import udf
from featureprep.kernels.timeparts import DIFF_UNITS, EPOCH_UNITS, PARTS, TRUNCATE_UNITS
from featureprep.kernels.zones import offset_table
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.custom import check
from tests.expr.harness import NAN, TYPES

Params = Mapping[str, Any]
NAMES = "xyz"


@udf({"a": "float64", "b": "string"}, "struct<n: int64, t: string>")
def tagged(a: pa.Array, b: pa.Array) -> pa.Array:
    """A user's function over arrays."""
    return pa.array(
        [{"n": None if x is None else len(repr(x)), "t": y} for x, y in zip(a.to_pylist(), b.to_pylist(), strict=True)], tagged.output
    )


@udf({"a": "int64"}, "int64", mode="row")
def successor(a: int | None) -> int | None:
    """A user's function of one value."""
    return None if a is None else min(a, 10**9) + 1


@check(columns=["a", "b"], mode="row")
def short_enough(a: float | None, b: str | None) -> bool | None:
    """A user's check of one row."""
    return None if a is None or b is None else len(b) <= a


(_source,) = load_contract("version: 1\ncolumns: {a: float64, b: string}\n", where="contract.yaml").sources
JUDGED = short_enough.rule(_source).code
assert JUDGED is not None


@dataclass(frozen=True)
class Case:
    """Numbers of arguments, parameter sets, and which types each argument is tried with (all, where not said)."""

    arity: int = 1
    params: Sequence[Params] = ({},)
    types: Sequence[Sequence[str]] | None = None
    constants: Callable[[Node], Mapping[str, Any]] | None = None

    def argument_types(self) -> list[Sequence[str]]:
        return list(self.types or [TYPES] * self.arity)


def node(op: str, arity: int, params: Params) -> Node:
    return Node(op, [Node("col", (), {"name": name}) for name in NAMES[:arity]], params, "job.py:1")


def operations() -> set[str]:
    """The registered operations that are no transforms."""
    find("col")
    return {name for name, op in _REGISTRY.items() if type(op).__module__.startswith("featureprep.expr.")}


def _embedded(made: Node) -> Mapping[str, Any]:
    keys = pa.array(
        [{"a": 1.0, "b": "a"}, {"a": NAN, "b": ""}, {"a": 0.0, "b": "é"}, {"a": None, "b": "a"}],
        pa.struct([("a", pa.float64()), ("b", pa.string())]),
    )
    return {made.key: {"keys": keys, "values": pa.array([10, None, 30, 40], pa.int64())}}  # fmt: skip


_KEYS: list[list[Any]] = [
    [], [1, 2.0, 0, -(2**63), 2**53 + 1, 0.1], ["a", "é", ""], [True], [dt.date(2020, 2, 29)], [b"a"], [Decimal("1.5"), 2],
    [dt.datetime(1970, 1, 1), dt.datetime(2020, 2, 29, 23, 59, 59, 999999, tzinfo=dt.UTC)],
]  # fmt: skip
_MAPS = [
    {"keys": keys, "values": values, "default": default, "keep_unmapped": keep}
    for keys in _KEYS
    for values, default, keep in (
        (list(range(len(keys))), None, False),
        (["v"] * len(keys), "other", False),
        ([1.5] * len(keys), 2, False),
        (keys[::-1], None, True),
    )
]
_TESTS: list[Params] = [
    *({"test": "outside", "value": keys} for keys in _KEYS),
    *({"test": test, "value": v} for test in ("below", "above") for v in (1, 1.5, -(2**63), "b", dt.date(2020, 2, 29), Decimal("1.5"))),
    *({"test": "unlike", "value": pattern} for pattern in ("a", r"\A\d+\z")),
    {"test": "present", "value": None},
]
_ZONES = [{"table": offset_table(zone).to_json()} for zone in ("Europe/Berlin", "+05:30", "UTC")]
_NUMBER = {"malformed": None}

CASES: dict[str, Case] = {
    **{op: Case(2) for op in ("add", "sub", "mul", "div", "floordiv", "mod", "eq", "ne", "lt", "le", "gt", "ge", "and", "or")},
    **{op: Case() for op in ("neg", "abs", "not", "is_null", "is_nan", "exp", "floor", "ceil")},
    **{op: Case(params=[_NUMBER, {"malformed": "null"}]) for op in ("log", "log1p", "sqrt", "sin", "cos")},
    **{op: Case() for op in ("list_len", "list_sum", "list_mean", "list_max", "list_min", "str_lower", "str_upper", "str_len")},
    "power": Case(params=[{"power": 0}, {"power": 1}, {"power": 3}]),
    "clip": Case(params=[{"low": low, "high": high} for low, high in ((0, 10), (-1.5, None), (None, 2**40), (None, None), (-5, 10**30), (0.0, 0.0))]),
    "round": Case(params=[{"digits": d} for d in (0, 2, -2, -15)]),
    "cast": Case(params=[{"to": to, "malformed": None} for to in TYPES]),
    "as_dtype": Case(params=[{"dtype": "float32"}, {"dtype": "float64"}]),
    "coalesce": Case(2),
    "when": Case(3, types=[["bool", "null", "int64"], TYPES, TYPES]),
    "is_in": Case(params=[{"values": keys} for keys in _KEYS]),
    "map_values": Case(params=_MAPS),
    "fill_missing": Case(params=[{"value": v} for v in (0, 1.5, "x", True, b"", dt.date(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC), Decimal("2.5"))]),
    "of_type": Case(params=[{"kinds": ["integer", "float", "text"], "instead": "cast it"}, {"kinds": ["bool", "list"], "instead": ""}]),
    "require_present": Case(params=[{"missing": "error"}, {"missing": "quarantine"}]),
    "hash_fraction": Case(2, [{"names": ["b", "a"], "fraction": f, "seed": 3} for f in (0.5, 0, 1)], [TYPES, ["null", "string"]]),
    "dt_part": Case(params=[{"part": part} for part in PARTS]),
    "dt_truncate": Case(params=[{"unit": unit} for unit in TRUNCATE_UNITS]),
    "dt_to_epoch": Case(params=[{"unit": unit} for unit in EPOCH_UNITS]),
    "dt_from_epoch": Case(params=[{"unit": unit} for unit in EPOCH_UNITS]),
    "dt_diff": Case(2, [{"unit": unit} for unit in DIFF_UNITS]),
    "dt_parse": Case(params=[{"format": "%Y-%m-%d"}, {"format": "%d.%m.%Y %H:%M:%S"}]),
    "dt_to_local": Case(params=_ZONES),
    "dt_to_utc": Case(params=_ZONES),
    "list_get": Case(params=[{"index": i} for i in (0, -1, 5, 2**31 - 1)]),
    "list_contains": Case(params=[{"value": v} for v in (1, 1.5, 0.1, 2**63, NAN, "a", dt.date(2020, 2, 29), b"x")]),
    **{op: Case(params=_TESTS) for op in ("list_find", "list_count")},
    "list_join": Case(params=[{"separator": ","}, {"separator": ""}]),
    "struct_field": Case(params=[{"name": "a"}, {"name": "b"}, {"name": "no"}]),
    "str_strip": Case(params=[{"characters": None}, {"characters": "aé"}]),
    "str_contains": Case(params=[{"text": "a"}, {"text": "\U0001f600"}]),
    "str_starts_with": Case(params=[{"text": "a"}, {"text": "é"}]),
    "str_ends_with": Case(params=[{"text": "b"}, {"text": "ß"}]),
    "str_matches": Case(params=[{"pattern": p} for p in ("a", "^a$", r"\d+", "[é-ü]", "(?i)é")]),
    "str_extract": Case(params=[{"pattern": p} for p in (r"(\d+)", "a(b)?", ",(.)")]),
    "str_replace": Case(params=[{"old": "a", "new": "é", "regex": False}, {"old": r"(\d)", "new": r"<\1>", "regex": True}]),
    "str_split": Case(params=[{"separator": ",", "regex": False}, {"separator": "[, ]", "regex": True}]),
    "str_slice": Case(params=[{"start": a, "stop": b} for a, b in ((0, 2), (-2, None), (1, -1), (3, 1), (2**31 - 1, None))]),
    "embedded": Case(2, [{"table": "e1", "column": c, "type": t} for c, t in (("v", "int64"), (None, "bool"))], [["float64"], ["string"]], _embedded),
    "checked": Case(2, [JUDGED.params], [["float64"], ["string"]]),
    "udf": Case(2, [tagged.spec()], [["float64", "int64", "null"], ["string"]]),
}  # fmt: skip
LEAVES = {"col", "lit", "param"}
"""Operations that read no values; tested apart."""
