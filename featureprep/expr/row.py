"""Row code: bound expressions compiled once to straight-line Python over one dict.

The source is made from the operations' templates only. Everything that comes from a user or an artefact (names, literals,
constants) is bound as a value in the function's namespace, never written into the source.

**Values.** null is None; ints, floats (float32 ones already rounded), bools, str and bytes are themselves; a date is an int of
days, a timestamp an int of microseconds; lists are lists, structs dicts, sparse vectors {"indices": ..., "values": ...}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from featureprep.errors import RequestError, RowRejected
from featureprep.expr.bind import Bound, walk_bound
from featureprep.expr.evaluate import number_reasons
from featureprep.expr.literal import scalar_of
from featureprep.expr.moments import hint_for
from featureprep.expr.op import Call
from featureprep.kernels.arrays import to_rows
from featureprep.kernels.integers import limits
from featureprep.kernels.result import BAD
from featureprep.types import is_float

MAX_CHOICES = 80
"""How deep choices (`when`, `coalesce`) may be nested: each is a block of the function, and Python's blocks go 100 deep."""


@dataclass(frozen=True)
class RowValue:
    """A value in row code: the local that holds it, whether it can be None, and its type."""

    name: str
    nullable: bool
    type: pa.DataType

    def __str__(self) -> str:
        return self.name


class RowCode:
    """Writes the body of one function of a row.

    Parameters
    ----------
    roots : sequence of Bound
        What the function computes.
    column : callable
        `column(name, dtype)` gives the converter of an input value to a row value (or BAD).
    trace : bool
        Also call `_trace(node number, value)` after every node.
    """

    def __init__(self, roots: Sequence[Bound], column: Callable[[str, pa.DataType], Callable[[Any], Any]], *, trace: bool = False) -> None:
        self.order = list(walk_bound(roots))
        self.reasons, self._codes = number_reasons(self.order)
        inputs = {self._codes.get((bound.key, "malformed")): bound.type for bound in self.order if bound.node.op == "col"}
        self._hints = {code: hint_for(dtype) for code, dtype in inputs.items() if code is not None}
        self.namespace: dict[str, Any] = {"BAD": BAD, "_reject": self._reject}
        self.trace = trace
        self._number = {bound.key: i for i, bound in enumerate(self.order)}
        self._column = column
        self._lines: list[str] = []
        self._scopes: list[dict[str, RowValue]] = [{}]
        self._depth = 1
        self._nesting = 0
        self._fresh = 0

    # What operations use.

    def const(self, value: Any) -> str:
        """A name bound to `value`."""
        name = f"k{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def new(self) -> str:
        """A fresh local."""
        self._fresh += 1
        return f"v{self._fresh}"

    def emit(self, line: str) -> None:
        """One line at the present indentation."""
        self._lines.append("    " * self._depth + line)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Lines under `header`; what is computed inside is forgotten outside."""
        self.emit(header)
        self._depth += 1
        self._scopes.append({})
        yield
        self._scopes.pop()
        self._depth -= 1

    def strict(self, args: Sequence[RowValue], expression: str) -> str:
        """A new local: None where an argument is None, else the expression."""
        out = self.new()
        tests = " or ".join(f"{a} is None" for a in dict.fromkeys(a.name for a in args if a.nullable))
        self.emit(f"{out} = None if {tests} else {expression}" if tests else f"{out} = {expression}")
        return out

    def checked(self, call: Call, args: Sequence[RowValue], expression: str, kind: str = "malformed") -> str:
        """As `strict`, for an expression that gives BAD where the value is malformed (or of another kind)."""
        out = self.strict(args, expression)
        with self.block(f"if {out} is BAD:"):
            self.fail(call, kind, out)
        return out

    def fail(self, call: Call, kind: str, out: str) -> None:
        """Reject the row for an issue of `kind` at this node, or set `out` to None, as the policy says."""
        code = self._codes.get((call.node.key, kind))
        self.emit(f"{out} = None" if code is None else f"raise _reject({code})")

    def eval(self, bound: Bound) -> RowValue:
        """The value of an argument, computed here unless it already has been."""
        stack = [bound]
        while (value := self._known(bound)) is None:  # arguments first: no recursion but into the branches of choices
            top = stack[-1]
            waiting = [] if top.op.lazy else [arg for arg in top.args if self._known(arg) is None]
            if waiting:
                stack += reversed(waiting)
                continue
            stack.pop()
            if self._known(top) is None:
                self._make(top)
        return value

    def knows(self, bound: Bound) -> bool:
        """Whether the value has been computed where this line stands."""
        return self._known(bound) is not None

    def _known(self, bound: Bound) -> RowValue | None:
        return next((scope[bound.key] for scope in reversed(self._scopes) if bound.key in scope), None)

    def _make(self, bound: Bound) -> None:
        value = RowValue(self._value(bound), bound.nullable, bound.type)
        self._scopes[-1][bound.key] = value
        if self.trace:
            self.emit(f"_trace({self._number[bound.key]}, {value.name})")

    # The machinery.

    def _value(self, bound: Bound) -> str:
        if bound.node.op == "col":
            return self._load(bound)
        if bound.node.op == "lit":
            return self.const(to_rows(pa.repeat(scalar_of(bound.node, bound.type), 1))[0])
        if bound.op.lazy:
            self._nesting += 1
            if max(self._nesting, self._depth) > MAX_CHOICES:
                raise RequestError(
                    f"choices are nested deeper than {MAX_CHOICES}",
                    where=bound.node.site,
                    hint="use map_values, or one when() of many branches",
                )
            out = bound.op.row(bound.call, self, *bound.args)  # type: ignore[arg-type]
            self._nesting -= 1
            return out
        args = [self.eval(arg) for arg in bound.args]
        out = bound.op.row(bound.call, self, *args)
        if bound.op.makes_nan and is_float(bound.type):
            known = "".join(f" and {a} == {a}" for a in dict.fromkeys(a.name for a in args if is_float(a.type)))
            with self.block(f"if {out} != {out}{known}:"):
                self.fail(bound.call, "malformed", out)
        return out

    def _load(self, bound: Bound) -> str:
        name = bound.node.params["name"]
        out = self.new()
        if name.startswith("$malformed:"):  # whether the cell fits its column's type
            real = name.removeprefix("$malformed:")
            self.emit(f"{out} = {self.const(self._column(name, bound.type))}(_get({self.const(real)})) is BAD")
            return out
        self.emit(f"{out} = _get({self.const(name)})")
        test = _foreign(bound.type, out)
        with self.block(f"if {test}:") if test else nullcontext():
            self.emit(f"{out} = {self.const(self._column(name, bound.type))}({out})")
            with self.block(f"if {out} is BAD:"):
                self.fail(bound.call, "malformed", out)
        return out

    def _reject(self, code: int) -> RowRejected:
        reason = self.reasons[code - 1]
        return RowRejected(f"the row is rejected: {reason.rule}", where=reason.site, hint=self._hints.get(code), rule=reason.rule)

    def finish(self, result: str) -> Callable[[Mapping[str, Any]], Any]:
        """The function whose last line returns the expression `result`; with `trace`, of (row, trace)."""
        head = ["def compiled(row, _trace=None):", "    _get = row.get"]
        source = "\n".join([*head, *self._lines, f"    return {result}"])
        exec(compile(source, "<featureprep row code>", "exec"), self.namespace)  # noqa: S102  (our own templates; see the module's first words)
        function: Callable[[Mapping[str, Any]], Any] = self.namespace["compiled"]
        return function


def _foreign(dtype: pa.DataType, name: str) -> str:
    """The test by which a given value is not already a row value of its column's type; "" where there is no cheap one."""
    if dtype == pa.string():
        return f"type({name}) is not str or not {name}.isascii()"  # a text may hold lone surrogates
    native = {pa.float64(): "float", pa.bool_(): "bool"}.get(dtype)
    if native is not None:
        return f"type({name}) is not {native}"
    if pa.types.is_integer(dtype):
        low, high = limits(dtype)
        return f"type({name}) is not int or not {low} <= {name} <= {high}"
    return ""
