"""Holding the features of a log against those that a graph computes for the same requests, piece by piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.errors import RequestError, RowRejected
from featureprep.expr.rowvalues import input_converter, of_python, to_arrow
from featureprep.jobs.skew_found import Example, FeatureSkew, Rejected, SkewReport, worst_first
from featureprep.jobs.skew_log import Log, Piece, Place
from featureprep.jobs.skew_types import foreign, foreign_cells
from featureprep.kernels.encodings import joined
from featureprep.kernels.result import BAD
from featureprep.serving.batch import cell_cast
from featureprep.serving.difference import EQUAL, FLOAT32, NULL_NAN, OTHER, differences
from featureprep.serving.graph import TransformGraph
from featureprep.types import format_type, is_float, is_integer, is_list
from featureprep.validators.moments import python_values

EXAMPLES: Final = 3
"""Rows that are shown of a feature and kind, and of a rule."""
_KINDS: Final = {OTHER: "other", FLOAT32: "float32", NULL_NAN: "null"}
_ROW: Final = "$row"

Mask = np.ndarray[Any, np.dtype[np.bool_]]
_Request = Callable[[int], Mapping[str, Any]]
"""The fields of a row of a piece."""


@dataclass(frozen=True)
class _Part:
    """What both sides have of a feature in a piece; `misfits` are what was served where that is no value of its type."""

    served: pa.Array
    computed: pa.Array
    malformed: Mask
    misfits: Callable[[int], Any]


@dataclass(frozen=True)
class _Waiting:
    """Of a piece before which a feature was in no row.

    Attributes
    ----------
    differ, nothing : bool of shape (n,)
        The rows that differ without it, and those for which nothing was served.
    unseen : dict of feature to bool of shape (n,)
        Those that differ if it is in a later piece.
    places : dict of row to (number in the log, place)
        Of the first rows for which nothing was served.
    """

    differ: Mask
    nothing: Mask
    unseen: dict[str, Mask]
    places: dict[int, tuple[int, str]]


@dataclass
class Comparison:
    """A log and the graph of a version, held against each other piece by piece."""

    graph: TransformGraph
    log: Log
    inputs: str | None
    outputs: str | None
    sensitive: frozenset[str]
    rows: int = 0
    differing: int = 0
    fields: set[str] = field(default_factory=set)
    served: set[str] = field(default_factory=set)
    features: dict[str, FeatureSkew] = field(default_factory=dict)
    rejected: dict[str, Rejected] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    """Where fields and features stand, by "--inputs" and "--outputs", as far as that was asked for and found."""
    names: set[str] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)
    """Of the names in records, those that are part of the inputs or outputs that were named."""
    waiting: list[_Waiting] = field(default_factory=list)
    unserved: int = 0
    unserved_places: list[tuple[int, str]] = field(default_factory=list)
    not_admitted: int = 0

    def report(self, version: str, allow: tuple[str, ...]) -> SkewReport:
        for name in self.graph.nodes:
            if self.graph.roles[name] == "feature":
                dtype = format_type(self.graph.bound[name].type)
                self.features[name] = FeatureSkew(name, dtype, masked=name in self.sensitive)
        for piece in self.log.pieces():
            if len(piece.rows):
                self._compare(piece)
        for option, text in (("--inputs", self.inputs), ("--outputs", self.outputs)):
            if self.rows and text is not None and option not in self.places:
                raise RequestError(
                    f"the log has no object {text!r}, and no field that begins so",
                    where=option,
                    hint="give the path of an object, such as response.features, or what the names of fields begin with, such as served_",
                )
        if self.rows and not self.fields & set(self.graph.entry.names):
            raise RequestError(
                "the log has none of the columns that the graph reads",
                where="--inputs",
                hint=f"the graph reads {_listed(self.graph.entry.names)}; the log has {_listed(sorted(self.fields)) or 'no other field'}",
            )
        self._settle()
        for name, feature in self.features.items():
            feature.missing = bool(self.rows) and name not in self.served
        return SkewReport(
            version, self.rows, self.differing, worst_first(self.features), list(self.rejected.values()), allow, self._notes(),
            self.unserved, [place for _, place in sorted(self.unserved_places)[:EXAMPLES]], self.not_admitted,
        )  # fmt: skip

    def _notes(self) -> list[str]:
        made = []
        read = {node.params["name"] for name in self.features for node in self.graph.nodes[name].walk() if node.op == "col"}
        lacking = [name for name in self.graph.entry.names if name in read and name not in self.fields]
        if lacking and self.rows:
            made.append(f"the log lacks request fields, which were taken as null: {_listed(lacking)}")
        if self.outputs is not None:
            unknown = sorted(self.served - self.graph.nodes.keys())
            if unknown:
                made.append(f"served, but no features of this version: {_listed(unknown)}")
        if self.not_admitted:
            made.append(f"{self.not_admitted:,} row{'s' if self.not_admitted != 1 else ''} not admitted by the version, nothing served")
        if self.log.unparsable:
            made.append(f"{self.log.unparsable:,} records could not be parsed, and are not among the rows")
        return made

    def _compare(self, piece: Piece) -> None:
        self._locate(piece)
        n = len(piece.rows)
        parts, rejected, request = self._records(piece.records) if piece.records is not None else self._columns(piece.table)
        out = np.zeros(n, bool)
        out[list(rejected)] = True
        differ, has_served = np.zeros(n, bool), np.zeros(n, bool)
        shown: list[tuple[int, Callable[[str], None]]] = []
        unseen = {name: parts.pop(name).computed.is_valid().to_numpy(zero_copy_only=False) & ~out for name in parts.keys() - self.served}
        for part in parts.values():
            has_served |= part.served.is_valid().to_numpy(zero_copy_only=False) | part.malformed
        for row in np.flatnonzero(~has_served).tolist():
            if row in rejected or (self.graph.rules and self.graph.admits(request(row)) is not None):
                out[row] = True  # neither side has features of it
                self.not_admitted += 1
        nothing = ~has_served & ~out
        lacking = np.zeros(n, bool)
        for name, part in parts.items():
            codes = differences(part.served, part.computed)
            lacking |= nothing & (codes != EQUAL)
            codes[part.malformed | out | nothing] = EQUAL
            feature = self.features[name]
            for code, kind in _KINDS.items():
                self._note(feature, kind, codes == code, part, shown)
            self._note(feature, "malformed", part.malformed & ~out, part, shown)
            differ |= (codes != EQUAL) | (part.malformed & ~out)
        for row, rule in rejected.items():
            if not has_served[row]:
                continue
            differ[row] = True
            one = self.rejected.setdefault(rule, Rejected(rule))
            one.rows += 1
            if one.rows <= EXAMPLES:
                shown.append((row, one.places.append))
        differ |= lacking
        self.unserved += int(lacking.sum())
        start = self.rows
        for row in np.flatnonzero(lacking)[: max(0, EXAMPLES - len(self.unserved_places))].tolist():
            shown += [(row, lambda place, row=row: self.unserved_places.append((start + row, place)))]  # type: ignore[misc]
        if unseen:
            unseen = {name: where & ~out for name, where in unseen.items()}
            waiting = _Waiting(differ, nothing, unseen, {})
            self.waiting.append(waiting)
            for row in np.flatnonzero(nothing & ~lacking)[:EXAMPLES].tolist():
                shown += [(row, lambda place, row=row: waiting.places.__setitem__(row, (start + row, place)))]  # type: ignore[misc]
        self.rows += n
        self.differing += int(differ.sum())
        wanted = sorted({row for row, _ in shown})
        places = dict(zip(wanted, self.log.places(piece.fragment, [piece.rows[row] for row in wanted]), strict=True)) if wanted else {}
        for row, tell in shown:
            tell(places[row])

    def _locate(self, piece: Piece) -> None:
        """Look where fields and features stand, as long as no piece has told."""
        for option, text in (("--inputs", self.inputs), ("--outputs", self.outputs)):
            if text is None or option in self.places:
                continue
            place = Place.found(text, piece)
            if place is not None:
                self.places[option] = place
                self.names.clear()
                self.claimed.clear()

    def _settle(self) -> None:
        """Count the rows that lack a feature which later ones have: their server gave none."""
        for piece in self.waiting:
            for name, where in piece.unseen.items():
                if name not in self.served:
                    continue
                others = where & ~piece.nothing
                if others.any():
                    counts = self.features[name].counts
                    counts["other"] = counts.get("other", 0) + int(others.sum())
                more = where & ~piece.differ
                self.differing += int(more.sum())
                self.unserved += int((more & piece.nothing).sum())
                self.unserved_places += [place for row, place in piece.places.items() if more[row]]
                piece.differ[where] = True

    def _note(self, feature: FeatureSkew, kind: str, where: Mask, part: _Part, shown: list[tuple[int, Callable[[str], None]]]) -> None:
        """Count rows of a kind, and remember the first ones."""
        count = int(where.sum())
        if not count:
            return
        before = feature.counts.get(kind, 0)
        feature.counts[kind] = before + count
        for row in np.flatnonzero(where)[: max(0, EXAMPLES - before)].tolist():
            served = part.misfits(row) if kind == "malformed" else python_values(part.served.slice(row, 1))[0]
            computed = python_values(part.computed.slice(row, 1))[0]
            shown.append((row, lambda place, s=served, c=computed: feature.examples.append(Example(place, kind, s, c))))  # type: ignore[misc]

    # Records: what was served went through the code for one row.

    def _records(self, records: Sequence[Mapping[str, Any]]) -> tuple[dict[str, _Part], dict[int, str], _Request]:
        pairs = [self._halves(record) for record in records]
        self.fields.update(chain.from_iterable(fields for fields, _ in pairs))
        self.served.update(chain.from_iterable(served for _, served in pairs))
        self._tell_apart()
        computed: list[Mapping[str, Any]] = []
        rejected: dict[int, str] = {}
        for row, (fields, _) in enumerate(pairs):
            try:
                computed.append(self.graph(fields))
            except RowRejected as error:
                computed.append({})
                rejected[row] = error.rule
        parts = {name: self._of_records(name, computed, [served for _, served in pairs]) for name in self.features}
        return parts, rejected, lambda row: pairs[row][0]

    def _halves(self, record: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The fields and the features of a record."""
        rest: Mapping[str, Any] = {}
        if self.inputs is None or self.outputs is None:
            for name in record.keys() - self.names:
                self.names.add(name)
                if any(place.claims(name) for place in self.places.values()):
                    self.claimed.add(name)
            rest = {name: value for name, value in record.items() if name not in self.claimed}
        sides = []
        for option, text in (("--inputs", self.inputs), ("--outputs", self.outputs)):
            place = self.places.get(option)
            sides.append(rest if text is None else {} if place is None else place.of_record(record))
        return sides[0], sides[1]

    def _of_records(self, name: str, computed: Sequence[Mapping[str, Any]], served: Sequence[Mapping[str, Any]]) -> _Part:
        dtype = self.graph.bound[name].type
        values, bad = _typed([row.get(name) for row in served], dtype)
        made = of_python([row.get(name) for row in computed], dtype)
        return _Part(values, made, bad, lambda row: served[row].get(name))

    # Columns: the batch kernels, which give the same bits.

    def _columns(self, table: pa.Table | None) -> tuple[dict[str, _Part], dict[int, str], _Request]:
        table = pa.table({}) if table is None else table
        rest = {name: table[name] for name in table.column_names if not any(place.claims(name) for place in self.places.values())}
        sides = []
        for option, text in (("--inputs", self.inputs), ("--outputs", self.outputs)):
            place = self.places.get(option)
            sides.append(rest if text is None else {} if place is None else place.of_table(table))
        fields, served = sides
        self.fields.update(fields)
        self.served.update(served)
        self._tell_apart()
        n = table.num_rows
        entry = {name: column for name, column in fields.items() if name in self.graph.entry.names}
        numbered = pa.table({**entry, _ROW: pa.array(np.arange(n))})
        good, left = self.graph.transform(numbered, on_error="split")
        rejected = dict(zip(left[_ROW].to_pylist(), left["rejected"].to_pylist(), strict=True))
        at = np.full(n, -1, np.int64)
        at[np.setdiff1d(np.arange(n), np.fromiter(rejected, np.int64, len(rejected)))] = np.arange(good.num_rows)
        order = pa.array(at, mask=at < 0)
        parts = {}
        for name in self.features:
            dtype = self.graph.bound[name].type
            computed = joined(good[name]).take(order)
            if name not in served:
                parts[name] = _Part(pa.nulls(n, dtype), computed, np.zeros(n, bool), lambda _: None)
                continue
            column = joined(served[name])
            values, bad = cell_cast(column, dtype)
            misfits = foreign_cells(column, dtype, texts=self.log.source is not None and self.log.source.kind == "csv")
            misfits = misfits if bad is None else misfits | bad
            parts[name] = _Part(values, computed, misfits, lambda row, column=column: column[row].as_py())  # type: ignore[misc]
        given = pa.table(entry)
        return parts, rejected, lambda row: given.slice(row, 1).to_pylist()[0] if entry else {}

    def _tell_apart(self) -> None:
        """Refuse a log in which a field and a feature of the same name cannot be told apart.

        Raises
        ------
        RequestError
        """
        if self.inputs is not None or self.outputs is not None:
            return
        both = sorted(set(self.features) & set(self.graph.entry.names) & self.fields)
        if both:
            raise RequestError(
                f"{_listed(both)}: a field of the request and a feature have this name, and nothing tells them apart",
                where="--outputs",
                hint="log the features in an object of their own, and name it: --outputs served; or by a prefix: --outputs served_",
            )


def _typed(values: Sequence[Any], dtype: pa.DataType) -> tuple[pa.Array, Mask]:
    """Values of a log as a column, and which of them are none of its type: as `graph(row)` takes values, whichever stand beside them."""
    other = np.fromiter((value is not None and foreign(value, dtype) for value in values), bool, len(values))
    if other.any():
        values = [None if bad else value for value, bad in zip(values, other.tolist(), strict=True)]
    column = None
    if _alike(values, dtype):
        with suppress(pa.ArrowException, OverflowError, ValueError):  # beyond 64 bits; text that is no UTF-8
            column = pa.array(values)
    if column is not None:
        made, found = cell_cast(column, dtype)
        return made, other if found is None else other | found
    convert = input_converter(dtype)
    given = [convert(value) for value in values]
    bad = np.fromiter((value is BAD for value in given), bool, len(given))
    return to_arrow([None if value is BAD else value for value in given], dtype), bad | other


def _alike(values: Sequence[Any], dtype: pa.DataType) -> bool:
    """Whether all values are of one kind that a column's cast takes as the conversion of single values does."""
    kinds = {type(value) for value in values} - {type(None)}
    if not is_list(dtype):
        return not pa.types.is_nested(dtype) and len(kinds) <= 1 and (kinds <= {int, str, bool} or (kinds == {float} and is_float(dtype)))
    if not kinds <= {list}:
        return False
    inner = {type(item) for value in values if value is not None for item in value}
    return (inner <= {int} and is_integer(dtype.value_type)) or (inner <= {float} and is_float(dtype.value_type))


def _listed(names: Sequence[str]) -> str:
    counted = Counter(names)
    more = f" and {len(counted) - 8} more" if len(counted) > 8 else ""
    return ", ".join(repr(name[:80]) for name in [*counted][:8]) + more
