"""User functions in a job. Stored as data: module, name, source text and its hash; never as code that loads by itself.

A graph that uses one lists it, and imports the module only when the caller allows that module by name.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError, NonDeterministicError, RequestError, UdfError, said
from featureprep.expr.expression import Expr, site, to_column
from featureprep.expr.handed import alike, handed, is_rounded
from featureprep.expr.node import Node
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import ANY, NAME, check, one_of, sequence
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.arrays import row_type
from featureprep.types import format_type, is_integer, logical, parse_type
from featureprep.zones import in_utc

MODES = ("arrow", "numpy", "pandas", "row")
CALLING = ("udf", "checked")
"""The operations that call a user's function: their parameters name it."""
_SAMPLE = 16
Rows = np.ndarray[Any, np.dtype[np.int64]]
_functions: dict[tuple[str, str, str], Callable[..., Any]] = {}
"""By module, name and the hash of the module's source when the function was made: two job files may be called alike."""
_allowed: set[str] = set()


def allow(modules: Sequence[str]) -> None:
    """Let graphs import these modules for their user functions, from now on in this process."""
    _allowed.update(modules)


class Udf:
    """A user's function with its types. Call it with columns or expressions to use it in a job.

    Made by `fp.udf`.
    """

    def __init__(
        self, function: Callable[..., Any], inputs: Mapping[str, pa.DataType], output: pa.DataType, mode: str, requirements: Sequence[str]
    ) -> None:
        self.function = function
        self.inputs = dict(inputs)
        self.output = output
        self.mode = mode
        self.requirements = tuple(requirements)
        self.__doc__ = function.__doc__
        self.__name__ = function.__qualname__
        # as it is now: the file may be edited while this process goes on with what it has imported
        self._source = module_source(function)
        if self._source is not None:
            remember(function, _sha256(self._source))

    def spec(self) -> dict[str, Any]:
        """What is stored of it."""
        source = self._source
        if source is None:
            raise UdfError(f"the source of {self.__name__} cannot be found", where=site(), hint="write it in a file, not in a prompt")
        return {
            "module": self.function.__module__,
            "function": self.function.__qualname__,
            "mode": self.mode,
            "inputs": list(self.inputs),
            "types": [format_type(t) for t in self.inputs.values()],
            "output": format_type(self.output),
            "source": source,
            "sha256": _sha256(source),
            "requirements": list(self.requirements),
        }

    def __call__(self, *columns: Any) -> Expr:
        """The function applied to columns (text names one) or expressions, in the order of `inputs`."""
        if len(columns) != len(self.inputs):
            raise ArgumentError(
                f"{self.__name__} takes {len(self.inputs)} columns ({', '.join(self.inputs)}), not {len(columns)}", where=site()
            )
        return Expr(Node("udf", [to_column(c) for c in columns], self.spec(), site()))


def udf(
    inputs: Mapping[str, Any], output: Any, *, mode: str = "arrow", requirements: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], Udf]:
    """Decorator: a function of your own as a row-wise expression.

    Parameters
    ----------
    inputs : mapping of name to type
        The arguments, in order, e.g. {"miles": "float64"}.
    output : type
        E.g. "float64", or "struct<a: int64, b: string>" for several columns at once.
    mode : {"arrow", "numpy", "pandas", "row"}
        What the function gets and returns: arrays of one batch, or (row) single Python values, None for null. In NumPy and pandas
        null floats are NaN, null moments NaT, others None; integers and bools have no null there, so that rows which lack one are given
        apart, as NaN or None, and a list that lacks one is an array of Python objects.
        It must be row-wise: the result of a row never depends on its neighbours (a sample of every batch is computed twice). It is
        given only rows that no earlier rule takes away and none of whose arguments is rejected.
    requirements : list of str
        Packages the function needs, recorded in the graph.
    """
    limits = {"mode": one_of(*MODES), "requirements": sequence(NAME)}
    check("udf", limits, {"mode": mode, "requirements": requirements}, where=site())
    if not isinstance(inputs, Mapping) or not inputs or not all(isinstance(name, str) and name for name in inputs):
        raise ArgumentError.of("inputs", "udf", 'a mapping of argument names to types, such as {"miles": "float64"}', inputs, where=site())
    types = {name: _type(f"inputs[{name!r}]", t) for name, t in inputs.items()}
    out = _type("output", output)
    return lambda function: Udf(function, types, out, mode, requirements)


def _type(param: str, given: Any) -> pa.DataType:
    if not isinstance(given, (str, pa.DataType)):
        raise ArgumentError.of(param, "udf", 'a type, such as "float64"', given, where=site())
    return parse_type(given) if isinstance(given, str) else logical(given)


def module_source(function: Callable[..., Any]) -> str | None:
    """The text of the file that a function stands in; None where there is none, as for one written at a prompt."""
    try:
        path = inspect.getsourcefile(function)
    except TypeError:  # a built-in, or an object that is called
        return None
    return Path(path).read_text(encoding="utf-8") if path is not None and Path(path).is_file() else None


def remember(function: Callable[..., Any], identity: str) -> None:
    """Let `resolve` find a function of this process by its module, its name and `identity`, a sha256 that changes with what it does."""
    _functions[function.__module__, function.__qualname__, identity] = function


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


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
    module, name = params["module"], params["function"]
    key = (module, name, params["sha256"])
    if key not in _functions and module in _allowed:
        try:
            importlib.import_module(module)
        except (Exception, SystemExit) as error:  # a user's module may raise anything
            raise UdfError(
                f"the module {module!r} of a user function cannot be imported: {said(error)}",
                hint="user functions that are served live in a module of their own, which the job file imports too",
            ) from error
    if key in _functions:
        return _functions[key]
    if any(known[:2] == (module, name) for known in _functions):
        raise UdfError(f"the user function {name} has changed since this was stored", hint="its source text stands in the graph")
    raise UdfError(
        f"it uses the user function {name} of module {module!r}, which is not imported",
        hint=f"if you trust that module: open_graph(..., allow_udfs=[{module!r}])",
    )


def defined(specs: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], Callable[..., Any]]:
    """Of stored specs the functions that this process has defined, for workers, to whom `define` gives them."""
    keys = {(spec["module"], spec["function"], spec["sha256"]) for spec in specs}
    return {key: _functions[key] for key in keys if key in _functions}


def define(functions: Mapping[tuple[str, str, str], Callable[..., Any]]) -> None:
    """Take over what another process has defined."""
    _functions.update(functions)


def declared_types(call: Call) -> tuple[pa.DataType, ...]:
    """What the function of a call is given, by its declaration.

    Raises
    ------
    RequestError
        When the call has more or fewer columns.
    """
    types = tuple(parse_type(t) for t in call.params["types"])
    if len(types) != len(call.in_types):
        raise RequestError(f"{call.params['function']} takes {len(types)} columns, not {len(call.in_types)}")
    return types


@register
class UdfOp(Op):
    """A user's function, row-wise over its arguments."""

    name = "udf"
    arity = (1, None)
    guarded = True
    limits = {
        "module": NAME, "function": NAME, "mode": one_of(*MODES), "inputs": sequence(NAME), "types": sequence(NAME), "output": NAME,
        "source": ANY, "sha256": NAME, "requirements": sequence(NAME),
    }  # fmt: skip

    def bind(self, call: Call) -> Signature:
        return Signature(parse_type(call.params["output"]), declared_types(call), nullable=True)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        made = run_batch(call.params, args, where=call.node.site)
        check_row_wise(call, args, made)
        return made

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        out = code.new()
        code.emit(f"{out} = {code.const(lambda *values: run_row(call.params, call.in_types, values))}({', '.join(a.name for a in args)})")
        return out


def run_batch(params: Mapping[str, Any], args: Sequence[pa.Array], *, any_length: bool = False, where: str | None = None) -> pa.Array:
    """The function over equally long arrays; its result is checked for type and (but for whole tables) for length.

    Where NumPy's types have no null it is called once for the rows that have values and once for those that have not, see `handed`.

    Raises
    ------
    UdfError
        With the place of its use and, if one row alone makes the function raise, the number of that row.
    """
    if params["mode"] not in ("numpy", "pandas"):
        return _run(params, args, any_length, where)
    if any_length:
        _refuse_rounding(params, args, where)
        return _run(params, args, any_length, where)
    groups = alike(args)
    if not groups:
        return _run(params, args, any_length, where)
    made, errors = [], []
    for rows in groups:
        try:
            made.append(_run(params, [a.take(pa.array(rows)) for a in args], any_length, where))
        except UdfError as error:
            error.row = None if error.row is None else int(rows[error.row])
            errors.append(error)
    if errors:
        raise min(errors, key=lambda error: len(args[0]) if error.row is None else error.row)
    return pa.concat_arrays(made).take(pa.array(np.argsort(np.concatenate(groups))))


def _refuse_rounding(params: Mapping[str, Any], args: Sequence[pa.Array], where: str | None) -> None:
    """Refuse a whole table whose integers would be other numbers, since they stand among nulls: as floats."""
    for name, arg in zip(params["inputs"], args, strict=True):
        if is_rounded(arg):
            raise UdfError(
                f"the user function {params['function']} cannot be given {name}: {params['mode']} has floats for integers among nulls, which "
                "round numbers beyond 2**53",
                where=where,
                hint='mode="arrow" keeps them whole; or fill the nulls before',
            )


def _run(params: Mapping[str, Any], args: Sequence[pa.Array], any_length: bool, where: str | None) -> pa.Array:
    function, out, n = resolve(params), parse_type(params["output"]), len(args[0])
    name = params["function"]
    try:
        made = _call(function, params["mode"], args)
    except BaseException as error:
        if _from_outside(error):
            raise
        raise _raised(function, params, args, error, None if any_length else n, where) from error
    if getattr(made, "ndim", 1) != 1:  # a data frame; a matrix, a single value of NumPy
        raise UdfError(f"the user function {name} returned {_shape(made)}, not one value for each row; {out} was declared", where=where)
    if out == pa.bool_():
        made = _bools(name, made, args, where)
    try:
        array = _as_array(made, out, params["mode"])
    except Exception as error:  # what is no array is read by its own methods, which may raise anything
        raise UdfError(
            f"the user function {name} returned something that is no {params['output']}: {error}", where=where, hint=_nan_hint(made, out)
        ) from error
    if array.type != out or (len(array) != n and not any_length):
        raise UdfError(
            f"the user function {name} returned {len(array)} values of type {array.type} for {n} rows; {params['output']} was declared",
            where=where,
        )
    return array


def _call(function: Callable[..., Any], mode: str, args: Sequence[pa.Array]) -> Any:
    if mode == "row":
        return [function(*values) for values in zip(*(a.to_pylist() for a in args), strict=True)]
    return function(*args) if mode == "arrow" else function(*(handed(a, mode) for a in args))


def _as_array(made: Any, out: pa.DataType, mode: str) -> pa.Array:
    if isinstance(made, pa.ChunkedArray):
        made = made.combine_chunks()
    if isinstance(made, (list, tuple)) and row_type(out) != out:
        made = in_utc(made)
    array = made if isinstance(made, pa.Array) else pa.array(made, out, from_pandas=mode == "pandas")
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array  # of pandas' NaN for texts


def _nan_hint(made: Any, out: pa.DataType) -> str | None:
    if not is_integer(out) or not isinstance(made, np.ndarray) or made.dtype.kind != "f" or not np.isnan(made).any():
        return None
    return "NaN is no integer; None is null: np.where(np.isnan(x), None, x)"


def _shape(made: Any) -> str:
    return f"a {type(made).__name__} of {made.ndim} dimensions"


def _bools(name: str, made: Any, args: Sequence[pa.Array], where: str | None) -> Any:
    """What was declared bool, which numbers are not: Arrow would take 0.99 and NaN of an array or a Series for true and null.

    Of rows without a value pandas makes NaN: `plate.map(is_valid, na_action="ignore")`. These are null. Any other NaN is refused, among
    bools as well as alone, where pandas makes floats of it: what becomes of a row must not hang on its batch.
    """
    dtype = getattr(made, "dtype", None)
    if isinstance(made, (pa.Array, pa.ChunkedArray)) or dtype is None or not len(made):
        return made
    if dtype == np.dtype(object):
        if len(made) == len(args[0]) and _has_nan(np.asarray(made, dtype=object), args):
            raise _nan_returned(name, where)
        return made
    try:
        found = pa.array(made).type
    except Exception as error:  # an array of another library
        raise UdfError(f"the user function {name} returned an array of {dtype}; bool was declared", where=where) from error
    if pa.types.is_dictionary(found):
        found = found.value_type
    if found == pa.bool_():
        return made
    if pa.types.is_floating(found) and len(made) == len(args[0]) and pa.array(made, from_pandas=True).null_count == len(made):
        if pc.any(_valued(args)).as_py():
            raise _nan_returned(name, where)
        return pa.nulls(len(made), pa.bool_())
    kind = "numbers" if pa.types.is_integer(found) or pa.types.is_floating(found) else str(found)
    raise UdfError(f"the user function {name} returned {kind}; bool was declared", where=where)


def _valued(args: Sequence[pa.Array]) -> pa.Array:
    """Which rows have a value in all columns."""
    valued = pa.array(np.ones(len(args[0]), dtype=bool))
    for arg in args:
        valued = pc.and_(valued, pc.is_valid(arg) if not pa.types.is_floating(arg.type) else pc.invert(pc.is_null(arg, nan_is_null=True)))
    return valued


def _has_nan(objects: np.ndarray[Any, np.dtype[np.object_]], args: Sequence[pa.Array]) -> bool:
    """Whether one of these bools is NaN in a row that has values."""
    try:
        null = pa.array(objects, pa.bool_(), from_pandas=True).is_null()
    except pa.ArrowException:  # others than bools are told of where they are read
        return False
    at = pc.and_(null, _valued(args)).to_numpy(zero_copy_only=False)
    return any(isinstance(value, (float, np.floating)) for value in objects[at])


def _nan_returned(name: str, where: str | None) -> UdfError:
    return UdfError(
        f"the user function {name} returned NaN for a row that has a value; bool was declared",
        where=where,
        hint='None or NA say that nobody can tell: .astype("boolean") makes NA of it',
    )


def _raised(
    function: Callable[..., Any],
    params: Mapping[str, Any],
    args: Sequence[pa.Array],
    error: BaseException,
    n: int | None,
    where: str | None,
) -> UdfError:
    """The error for what a function raised. Halving the rows finds the first one that makes it raise, if it is a single one's doing."""
    found = UdfError(f"the user function {params['function']} raised {said(error)}", where=where)
    low, high = 0, n or 0
    while high - low > 1:
        middle = (low + high) // 2
        if _fails(function, params["mode"], [a.slice(low, middle - low) for a in args]):
            high = middle
        else:
            low = middle
    if high - low == 1 and _fails(function, params["mode"], [a.slice(low, 1) for a in args]):
        found.row = low
    return found


def _fails(function: Callable[..., Any], mode: str, args: Sequence[pa.Array]) -> bool:
    try:
        _call(function, mode, args)
    except BaseException as error:
        if _from_outside(error):
            raise
        return True
    return False


def _from_outside(error: BaseException) -> bool:
    """Whether a call was interrupted (Ctrl-C reaches the main thread only). Whatever else is raised, `sys.exit` too, the function raised itself:
    taken for an end that somebody wants, it would end a run without a word, or a worker process.
    """
    return isinstance(error, KeyboardInterrupt) and current_thread() is main_thread()


def check_row_wise(call: Call, args: Sequence[pa.Array], made: pa.Array) -> None:
    """Compute some rows of a batch again, in other company and another order, and compare by bits.

    Raises
    ------
    NonDeterministicError
    """
    order = spread(np.arange(len(made)), _SAMPLE)[::-1]
    third = len(order) // 3
    check_again(call, args, made, (order[:third], order[third:]))


def spread(rows: Rows, most: int) -> Rows:
    """At most so many of these rows, from the first to the last."""
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.int64)]


def check_again(call: Call, args: Sequence[pa.Array], made: pa.Array, parts: Iterable[Rows]) -> None:
    """Compute these rows of a batch again, each part as a batch of its own, and compare by bits.

    Raises
    ------
    NonDeterministicError
    """
    for at in parts:
        if not len(at):
            continue
        rows = pa.array(at)
        again = run_batch(call.params, [a.take(rows) for a in args], where=call.node.site)
        if _bits(again) != _bits(made.take(rows)):
            raise NonDeterministicError(
                f"the user function {call.params['function']} is not row-wise: rows got other values when they were computed in another batch",
                where=call.node.site,
                hint='a row must not depend on its neighbours, on chance or on a clock; map_batches(..., needs="table") sees all rows. The last bits '
                'of NumPy\'s exp, log and their kin hang on the length of the array: use pyarrow.compute, or mode="row" with math',
            )


def _bits(values: pa.Array) -> str:
    """Values as text that tells -0.0 from 0.0, and takes all NaN for one."""
    return repr(values.to_pylist())


def run_row(params: Mapping[str, Any], types: Sequence[pa.DataType], values: Sequence[Any]) -> Any:
    """The function over one row: a batch of one, so that both are the same."""
    from featureprep.expr.rowvalues import from_arrow, to_arrow

    made = run_batch(params, [to_arrow([value], dtype) for value, dtype in zip(values, types, strict=True)])
    return from_arrow(made)[0]
