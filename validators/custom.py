"""`fp.check`: checks written in Python, and a contract that has them.

The best is a function of the table's columns that returns an expression: it is the same rule as an expression in the contract's YAML.
What expressions cannot say is a function over a batch of some columns that returns whether each row is fine.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, overload

import pyarrow as pa

from featureprep.errors import ArgumentError, FeatureprepError, RequestError, UdfError, said, short
from featureprep.expr.checked import line_raised
from featureprep.expr.expression import Expr, col
from featureprep.expr.node import Node, describe
from featureprep.expr.op import find
from featureprep.expr.params import NAME, NONE, one_of, sequence
from featureprep.expr.params import check as check_params
from featureprep.expr.udf import MODES, module_source, remember
from featureprep.site import site
from featureprep.types import format_type
from featureprep.validators.checks.base import Rule, column
from featureprep.validators.checks.custom import CustomChecks
from featureprep.validators.checks.thresholds import LIMIT, threshold_of
from featureprep.validators.contract import Contract, SourceContract
from featureprep.validators.reasons import Action, Severity
from featureprep.validators.threshold import Threshold
from featureprep.validators.yaml_text import flow_text

_LIMITS: Final = {
    "severity": one_of(*map(str, Severity)), "action": one_of(*map(str, Action)), "mode": one_of(*MODES), "columns": sequence(NAME, at_least=1) | NONE,
    "name": NAME | NONE, "source": NAME | NONE, "version": NAME | NONE,
}  # fmt: skip


class Columns:
    """The columns of a table by their names: `t.fare`, or `t["fare in $"]`."""

    def __getattr__(self, name: str) -> Expr:
        if name.startswith("__"):
            raise AttributeError(name)
        return col(name)

    def __getitem__(self, name: str) -> Expr:
        return col(name)


@dataclass(frozen=True)
class CustomCheck:
    """A check in Python. Made by `fp.check`; calling it calls its function, for tests of it.

    Attributes
    ----------
    columns : tuple of str
        That it looks at; of a function over batches its arguments, in order.
    expression : Node or None
        What an expression says; None for a function over batches.
    source : str or None
        Which source it is about, where there are several.
    identity : str
        sha256 of what it does, as far as that is known: of the expression, of the version that was stated, or of the text of its file.
    file, line
        Where its function begins, decorators included.
    """

    name: str
    function: Callable[..., Any]
    columns: tuple[str, ...]
    expression: Node | None
    mode: str
    severity: Severity
    action: Action
    at_most: Threshold | None
    source: str | None
    owner: str
    note: str
    identity: str
    file: str
    line: int

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)

    def __repr__(self) -> str:
        return f"fp.check {self.name}({', '.join(self.columns)})"

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"

    def rule(self, source: SourceContract) -> Rule:
        """The rule that it is in the contract of a source.

        Raises
        ------
        RequestError
            For a column that the contract does not have, and for an expression that is not true or false of its columns.
        """
        types = {stated.name: stated.type for stated in source.columns}
        params = {
            "columns": list(self.columns), "says": "" if self.expression is None else describe(self.expression),
            "code": f"{os.path.basename(self.file)}:{self.line}", "digest": self.identity, "owner": self.owner, "note": self.note or self._doc,
        }  # fmt: skip
        rule = Rule("checks", None, self.name, params, self.severity, self.action, self.line, self.at_most, self.file)
        made = CustomChecks()
        made.verify(rule, types, self.place)
        rule = replace(rule, code=self.expression or self._node(types, hidden=bool(source.sensitive.intersection(self.columns))))
        made.verify(rule, types, self.place)
        return rule

    @property
    def _doc(self) -> str:
        return next(iter((inspect.getdoc(self.function) or "").splitlines()), "")

    def _node(self, types: Mapping[str, pa.DataType], *, hidden: bool) -> Node:
        params = {
            "module": self.function.__module__, "function": self.function.__qualname__, "mode": self.mode,
            "types": [format_type(types[name]) for name in self.columns], "output": "bool", "sha256": self.identity, "hidden": hidden,
        }  # fmt: skip
        return Node("checked", [column(name) for name in self.columns], params, self.place)


@overload
def check(function: Callable[..., Any], /) -> CustomCheck: ...
@overload
def check(
    *,
    columns: Sequence[str] | None = None,
    mode: str = "arrow",
    severity: str = "error",
    action: str = "fail",
    at_most: float | str | None = None,
    name: str | None = None,
    source: str | None = None,
    owner: str = "",
    note: str = "",
    version: str | None = None,
) -> Callable[[Callable[..., Any]], CustomCheck]: ...
def check(
    function: Callable[..., Any] | None = None,
    /,
    *,
    columns: Sequence[str] | None = None,
    mode: str = "arrow",
    severity: str = "error",
    action: str = "fail",
    at_most: float | str | None = None,
    name: str | None = None,
    source: str | None = None,
    owner: str = "",
    note: str = "",
    version: str | None = None,
) -> CustomCheck | Callable[[Callable[..., Any]], CustomCheck]:
    """Decorator: a function becomes a rule that every row of a source must keep, beside those of its contract.

    Parameters
    ----------
    columns : list of str, optional
        Without it the function is given the table, `t.fare` is a column, and it returns a bool expression, now and once: it is the same
        rule as one under `expressions:` of a contract, a null among its columns makes it fine. With it the function is given these columns
        of a batch of rows, as the contract types them, nulls among them, and returns whether each row is fine; null is fine.
    mode : {"arrow", "numpy", "pandas", "row"}
        What a function over columns is given and returns: arrays or Series of one batch, or (row) single Python values; nulls as `fp.udf` has them.
        It must be row-wise: the answer for a row never depends on its neighbours (a sample of every batch is computed twice).
    severity : {"error", "warn"}
        Whether a row that is not fine fails the data, or is told only.
    action : {"fail", "quarantine", "drop"}
        What becomes of such a row.
    at_most : int, float or str, optional
        How many rows need not be fine: 10 rows, or 0.01 or "1%" of all.
    name : str, optional
        The function's name by default; no two checks of a source have the same.
    source : str, optional
        Which source it is about, where the contract has several.
    owner, note : str
        Kept with the contract. The note is the first line of the docstring by default.
    version : str, optional
        Of a function over columns: what it does is then known by this text, which you change with it. By default it is known by the text
        of its file: another text, and no earlier result is used again.

    Returns
    -------
    CustomCheck
        For `fp.validate(..., checks=[...])` and `fp.job(..., checks=[...])`.

    Raises
    ------
    ArgumentError, RequestError
        For parameters that cannot be, and for a function that does not return a bool expression.
    UdfError
        For a function that raises instead of returning an expression; for one over columns that stands in no file, without a version: what
        that of a notebook's cell does hangs on other cells, too.

    Notes
    -----
    A function over columns that raises makes its rule "not evaluated", with what was raised; the text is left out where a column
    is sensitive. One that is not row-wise is refused.

    Examples
    --------
    >>> @fp.check(severity="warn", at_most=0.01)
    ... def fares_add_up(t):
    ...     return (t.fare + t.tip - t.total).abs() < 0.01
    >>> @fp.check(columns=["plate"], mode="pandas", action="quarantine")
    ... def checksum(plate):
    ...     return plate.map(is_valid_plate, na_action="ignore")
    """
    at = site()
    given = {"severity": severity, "action": action, "mode": mode, "columns": columns, "name": name, "source": source, "version": version}
    check_params("check", _LIMITS, given, where=at)
    allowed = None if at_most is None else threshold_of(at_most)
    if at_most is not None and allowed is None:
        raise ArgumentError.of("at_most", "check", LIMIT, at_most, where=at)
    for key, value in (("owner", owner), ("note", note)):
        if not isinstance(value, str):
            raise ArgumentError.of(key, "check", "a text", value, where=at)
    if columns is not None and len(set(columns)) < len(columns):
        raise ArgumentError.of("columns", "check", "columns that differ", list(columns), where=at)
    if columns is None and (version is not None or mode != "arrow"):
        odd = "version" if version is not None else "mode"
        hint = f"leave {odd}= out; or name the columns that the function is given: columns=[...]"
        raise ArgumentError(f"{odd}= is for a check of columns, and this one returns an expression", where=at, hint=hint)

    def make(made: Callable[..., Any]) -> CustomCheck:
        if not inspect.isfunction(made):
            raise ArgumentError(f"check is for a function, not for {short(made)}", where=at)
        if name is None and not made.__name__.isidentifier():
            raise ArgumentError("a check that is a lambda needs a name", where=at, hint='fp.check(name="fares_add_up")(lambda t: ...)')
        file, line = os.path.abspath(made.__code__.co_filename), made.__code__.co_firstlineno
        node = _expression(made, name or made.__name__, file, line) if columns is None else None
        return CustomCheck(
            name or made.__name__, made, tuple(columns) if columns is not None else tuple(sorted(node.columns() if node else ())), node, mode,
            Severity(severity), Action(action), allowed, source, owner, note, _identity(made, node, version, at), file, line,
        )  # fmt: skip

    return make if function is None else make(function)


def _expression(function: Callable[..., Any], name: str, file: str, line: int) -> Node:
    """What a function says of the table's columns."""
    place = f"{file}:{line}"
    if len(inspect.signature(function).parameters) != 1:
        hint = 'def fares_add_up(t): return t.fare <= t.total; or name the columns it is given: columns=["fare", "total"]'
        raise ArgumentError(f"{name} must take the table, and nothing else", where=place, hint=hint)
    try:
        made = function(Columns())
    except FeatureprepError:  # has its own place
        raise
    except (Exception, SystemExit) as error:  # a user's function may raise anything
        where = f"{file}:{line_raised(function, error) or line}"
        raise UdfError(f"the check {name!r} raised {said(error)}", where=where) from error
    if not isinstance(made, Expr):
        hint = "return t.fare >= 0; a function over the values themselves names them: columns=[...]"
        raise RequestError(f"{name} returned {'nothing' if made is None else short(made)}, not an expression", where=place, hint=hint)
    for node in made.node.walk():
        if node.op in ("udf", "param") or find(node.op).learns:
            what = {"udf": f"the user function {node.params.get('function')}", "param": "a parameter of a job"}.get(node.op, describe(node))
            cure = "a function over columns is a check of its own: @fp.check(columns=[...])" if node.op == "udf" else None
            raise RequestError(f"{name} uses {what}, which a check cannot", where=node.site or place, hint=cure)
    if not made.node.columns():
        raise RequestError(f"{name} looks at no column", where=place, hint="return t.fare >= 0")
    return made.node


def _identity(function: Callable[..., Any], node: Node | None, version: str | None, at: str | None) -> str:
    """sha256 of what a check does; a function over columns is found by it."""
    if node is not None:
        return node.key
    source = module_source(function) if version is None else f"version {version}"
    if source is None:
        hint = 'write it in a file; or, as in a notebook, say version="1", and change that with the function'
        raise UdfError(f"the source of the check {function.__name__} cannot be found", where=at, hint=hint)
    found = hashlib.sha256(source.encode("utf-8")).hexdigest()
    remember(function, found)
    return found


def with_checks(contract: Contract, checks: Iterable[CustomCheck]) -> Contract:
    """The contract with these checks among its rules, in place of those of the same names that it only names.

    Raises
    ------
    ArgumentError, RequestError
        For what is no check, two of one name, a source or a column that the contract does not have.
    """
    given = checked_checks(checks, "validate")
    if not given:
        return contract
    rules: dict[str, dict[str, Rule]] = {source.name: {} for source in contract.sources}
    by_place: dict[tuple[str, str], CustomCheck] = {}
    for one in given:
        source = _about(contract, one)
        known = by_place.setdefault((source.name, one.name), one)
        if known is not one or one.name in rules[source.name]:
            raise RequestError(
                f"two checks are named {one.name!r}", where=one.place, hint=f"the other is at {known.place}; name= tells them apart"
            )
        rules[source.name][one.name] = one.rule(source)
    sources = tuple(_joined(source, rules[source.name]) for source in contract.sources)
    made = replace(contract, sources=sources)
    return replace(made, content=_content(contract, made))


def checked_checks(checks: Any, owner: str) -> tuple[CustomCheck, ...]:
    """What is given as `checks=`.

    Raises
    ------
    ArgumentError
    """
    given = tuple(checks) if isinstance(checks, (list, tuple)) else None
    if given is None or not all(isinstance(one, CustomCheck) for one in given):
        raise ArgumentError.of("checks", owner, "a list of functions decorated with fp.check", checks)
    return given


def _about(contract: Contract, one: CustomCheck) -> SourceContract:
    """The source that a check is about."""
    if one.source is not None:
        try:
            return contract.source(one.source)
        except RequestError as error:
            raise RequestError(
                f"the check {one.name!r} is about the source {one.source!r}: {error.what}", where=one.place, hint=error.hint
            ) from None
    if len(contract.sources) > 1:
        hint = f"@fp.check(source={contract.names[0]!r}); the contract has {', '.join(contract.names[:5])}"
        raise RequestError(f"the check {one.name!r} does not say which source it is about", where=one.place, hint=hint)
    return contract.sources[0]


def _joined(source: SourceContract, new: Mapping[str, Rule]) -> SourceContract:
    """The source's rules, checks before the others as in the file that is written of them."""
    if not new:
        return source
    named = [rule for rule in source.rules if rule.check == "checks"]
    checks = [new.get(rule.part, rule) for rule in named] + [new[name] for name in new if name not in {rule.part for rule in named}]
    return replace(source, rules=(*checks, *(rule for rule in source.rules if rule.check != "checks")))


def _content(contract: Contract, made: Contract) -> bytes:
    """The file with its checks: its own text and lines where they can be written after it."""
    from featureprep.validators.contract_yaml import load_contract

    (source, *others) = made.sources
    if contract.content and not others and source.name == "" and not any(rule.check == "checks" for rule in contract.sources[0].rules):
        lines = [f"  - {flow_text(CustomChecks().entry(rule))}" for rule in source.rules if rule.check == "checks"]
        text = "\n".join([contract.content.decode("utf-8-sig").rstrip(), "checks:", *lines]) + "\n"
        try:
            if load_contract(text, where=contract.file or None) == made:
                return text.encode("utf-8")
        except RequestError:  # a file in braces has no end to write after
            pass
    return made.to_yaml().encode("utf-8")
