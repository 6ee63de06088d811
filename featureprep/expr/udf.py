"""User functions in a job. Stored as data: module, name, source text and its hash; never as code that loads by itself.

A graph that uses one lists it, and imports the module only when the caller allows that module by name.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError, RequestError, UdfError
from featureprep.expr.expression import Expr, site, to_column
from featureprep.expr.node import Node
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import ANY, BOOL, NAME, check, one_of, sequence
from featureprep.expr.row import RowCode, RowValue
from featureprep.types import format_type, parse_type

MODES = ("arrow", "numpy", "pandas", "row")
_functions: dict[tuple[str, str], Callable[..., Any]] = {}
_allowed: set[str] = set()


def allow(modules: Sequence[str]) -> None:
    """Let graphs import these modules for their user functions, from now on in this process."""
    _allowed.update(modules)


class Udf:
    """A user's function with its types. Call it with columns or expressions to use it in a job.

    Made by `fp.udf`.
    """

    def __init__(self, function: Callable[..., Any], inputs: Mapping[str, pa.DataType], output: pa.DataType, mode: str, requirements: Sequence[str]) -> None:
        self.function = function
        self.inputs = dict(inputs)
        self.output = output
        self.mode = mode
        self.requirements = tuple(requirements)
        self.__doc__ = function.__doc__
        self.__name__ = function.__qualname__
        _functions[function.__module__, function.__qualname__] = function

    def spec(self) -> dict[str, Any]:
        """What is stored of it."""
        source = _module_source(self.function)
        return {
            "module": self.function.__module__,
            "function": self.function.__qualname__,
            "mode": self.mode,
            "inputs": list(self.inputs),
            "types": [format_type(t) for t in self.inputs.values()],
            "output": format_type(self.output),
            "source": source,
            "sha256": hashlib.sha256(source.encode("utf-8")).hexdigest(),
            "requirements": list(self.requirements),
        }

    def __call__(self, *columns: Any) -> Expr:
        """The function applied to columns (text names one) or expressions, in the order of `inputs`."""
        if len(columns) != len(self.inputs):
            raise ArgumentError(f"{self.__name__} takes {len(self.inputs)} columns ({', '.join(self.inputs)}), not {len(columns)}", where=site())
        return Expr(Node("udf", [to_column(c) for c in columns], self.spec(), site()))


def udf(inputs: Mapping[str, Any], output: Any, *, mode: str = "arrow", requirements: Sequence[str] = ()) -> Callable[[Callable[..., Any]], Udf]:
    """Decorator: a function of your own as a row-wise expression.

    Parameters
    ----------
    inputs : mapping of name to type
        The arguments, in order, e.g. {"miles": "float64"}.
    output : type
        E.g. "float64", or "struct<a: int64, b: string>" for several columns at once.
    mode : {"arrow", "numpy", "pandas", "row"}
        What the function gets and returns: arrays of one batch, or (row) single Python values, None for null.
        It must be row-wise: the result of a row never depends on its neighbours.
    requirements : list of str
        Packages the function needs, recorded in the graph.
    """
    check("udf", {"mode": one_of(*MODES), "requirements": sequence(NAME)}, {"mode": mode, "requirements": list(requirements)}, where=site())
    types = {name: parse_type(t) if isinstance(t, str) else t for name, t in inputs.items()}
    out = parse_type(output) if isinstance(output, str) else output
    return lambda function: Udf(function, types, out, mode, requirements)


def _module_source(function: Callable[..., Any]) -> str:
    path = inspect.getsourcefile(function)
    if path is None or not Path(path).is_file():
        raise UdfError(f"the source of {function.__qualname__} cannot be found", hint="write it in a file, not in a prompt")
    return Path(path).read_text(encoding="utf-8")


def output_schema(spec: Mapping[str, Any]) -> pa.Schema:
    """The columns of a map_batches function: the fields of its struct output."""
    dtype = parse_type(spec["output"])
    if not pa.types.is_struct(dtype):
        raise ArgumentError("map_batches needs a function whose output is a struct", hint='output="struct<a: float64, b: string>"')
    return pa.schema([dtype.field(i) for i in range(dtype.num_fields)])


def resolve(params: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that a stored spec names: one that this process has defined, or of a module that `allow` names.

    Raises
    ------
    UdfError
        When its module is not allowed, cannot be imported, or is not the one that was stored.
    """
    key = (params["module"], params["function"])
    if key not in _functions and params["module"] in _allowed:
        try:
            importlib.import_module(params["module"])
        except ImportError as error:
            raise UdfError(f"the module {params['module']!r} of a user function cannot be imported: {error}") from error
    if key not in _functions:
        raise UdfError(
            f"it uses the user function {params['function']} of module {params['module']!r}, which is not imported",
            hint=f"if you trust that module: open_graph(..., allow_udfs=[{params['module']!r}])",
        )
    function = _functions[key]
    if hashlib.sha256(_module_source(function).encode("utf-8")).hexdigest() != params["sha256"]:
        raise UdfError(f"the user function {params['function']} has changed since this was stored", hint="its source text stands in the graph")
    return function


@register
class UdfOp(Op):
    """A user's function, row-wise over its arguments."""

    name = "udf"
    arity = (1, None)
    limits = {
        "module": NAME, "function": NAME, "mode": one_of(*MODES), "inputs": sequence(NAME), "types": sequence(NAME), "output": NAME,
        "source": ANY, "sha256": NAME, "requirements": sequence(NAME),
    }  # fmt: skip

    def bind(self, call: Call) -> Signature:
        types = tuple(parse_type(t) for t in call.params["types"])
        if len(types) != len(call.in_types):
            raise RequestError(f"{call.params['function']} takes {len(types)} columns, not {len(call.in_types)}")
        return Signature(parse_type(call.params["output"]), types, nullable=True)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return run_batch(call.params, args)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        out = code.new()
        code.emit(f"{out} = {code.const(lambda *values: run_row(call.params, call.in_types, values))}({', '.join(a.name for a in args)})")
        return out


def run_batch(params: Mapping[str, Any], args: Sequence[pa.Array], *, any_length: bool = False) -> pa.Array:
    """The function over equally long arrays; its result is checked for type and (but for whole tables) for length.

    Raises
    ------
    UdfError
    """
    function, out, n = resolve(params), parse_type(params["output"]), len(args[0])
    name = params["function"]
    try:
        if params["mode"] == "row":
            made = [function(*values) for values in zip(*(a.to_pylist() for a in args), strict=True)]
        elif params["mode"] == "numpy":
            made = function(*(a.to_numpy(zero_copy_only=False) for a in args))
        elif params["mode"] == "pandas":
            made = function(*(a.to_pandas() for a in args))
        else:
            made = function(*args)
    except Exception as error:  # noqa: BLE001  (a user's code may raise anything; it is named and passed on)
        raise UdfError(f"the user function {name} raised {type(error).__name__}: {error}") from error
    try:
        array = made if isinstance(made, pa.Array) else pa.array(made, out, from_pandas=params["mode"] == "pandas")
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise UdfError(f"the user function {name} returned something that is no {params['output']}: {error}") from error
    if array.type != out or (len(array) != n and not any_length):
        raise UdfError(f"the user function {name} returned {len(array)} values of type {array.type} for {n} rows; {params['output']} was declared")
    return array


def run_row(params: Mapping[str, Any], types: Sequence[pa.DataType], values: Sequence[Any]) -> Any:
    """The function over one row: a batch of one, so that both are the same."""
    from featureprep.expr.rowvalues import from_arrow, to_arrow

    made = run_batch(params, [to_arrow([value], dtype) for value, dtype in zip(values, types, strict=True)])
    return from_arrow(made)[0]
