"""What an operation is: its types, its batch kernel over Arrow, its row code, and, if it learns, its folds.

**Values.** A cell is a value, null, or *rejected* (a malformed, unknown or missing value under the policy "error" or
"quarantine"). Rejection spreads through every operation but the lazy ones (`when`, `coalesce`), which only look at the branch
they take; so it is the same whether cells are computed a batch at a time or one row at a time.

**Writing one.** Subclass `Op`, state `name`, `limits`, `arity`, and give `bind`, `batch` and `row`; decorate with `register`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
import pyarrow as pa

from featureprep.errors import CorruptArtefactError, RequestError
from featureprep.expr.misfit import spoken
from featureprep.expr.node import Node
from featureprep.expr.params import Limit, check

if TYPE_CHECKING:
    from featureprep.expr.evaluate import Codes, Column
    from featureprep.expr.row import RowCode, RowValue
    from featureprep.folds.base import Fold

Mask = np.ndarray[Any, np.dtype[np.bool_]]
T = TypeVar("T")


@dataclass(frozen=True)
class Signature:
    """What binding finds.

    Attributes
    ----------
    out : pa.DataType
        Logical type of the result; for a learned vector of yet unknown size, the variable list.
    args : tuple of pa.DataType or None
        The types the kernel wants; arguments of other types are cast. None: as they come.
    nullable : bool or None
        Whether the result can be null; None: if any argument can.
    """

    out: pa.DataType
    args: tuple[pa.DataType, ...] | None = None
    nullable: bool | None = None


@dataclass(frozen=True)
class FoldRequest:
    """A fold over some of a node's arguments (by position)."""

    fold: Fold
    args: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Call:
    """One bound use of an operation: all that kernels and row code may look at besides the values."""

    node: Node
    in_types: tuple[pa.DataType, ...]
    in_nullable: tuple[bool, ...]
    constants: Mapping[str, Any] | None = None
    malformed: str = "error"
    out_type: pa.DataType = field(default_factory=pa.null)
    nullable: bool = True
    args: tuple[Node, ...] = ()
    inner: tuple[Call, ...] = field(default=(), repr=False, compare=False)
    """The calls of the arguments: what vectors are put together from is known by their sizes and element names."""
    made: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `once` keeps."""

    @property
    def params(self) -> Mapping[str, Any]:
        return self.node.params

    @property
    def fitted(self) -> Mapping[str, Any]:
        """The constants; asking before the fit is an error of the planner."""
        if self.constants is None:
            raise RequestError(f"{self.node.op} has not been fitted")
        return self.constants

    def once(self, make: Callable[[Call], T]) -> T:
        """What `make` makes of this call: at the first batch, and kept for those after it."""
        if make not in self.made:
            self.made[make] = make(self)
        made: T = self.made[make]
        return made

    def policy(self, kind: str) -> str:
        """The policy for "malformed", "unknown" or "missing" at this node."""
        given = self.params.get(kind)
        return self.malformed if kind == "malformed" and given is None else str(given)


class Issues:
    """Where a batch kernel says which cells are malformed, unknown or missing; the evaluator applies the policy."""

    def __init__(self) -> None:
        self.masks: list[tuple[str, Mask]] = []

    def add(self, kind: str, mask: Mask | pa.Array | None) -> None:
        """Mark cells, `mask` of shape (n,), nulls as False."""
        if mask is None:
            return
        if isinstance(mask, pa.Array):
            mask = np.asarray(mask.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
        if mask.any():
            self.masks.append((kind, mask))


class Op(ABC):
    """One operation. Instances hold no state; there is one of each."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    called: ClassVar[str] = ""
    """The function that users know it by, where they do not know its name."""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    limits: ClassVar[Mapping[str, Limit]] = {}
    kinds: ClassVar[tuple[str, ...]] = ()
    """Which issues it can raise: of "malformed", "unknown", "missing"."""
    makes_nan: ClassVar[bool] = False
    """It can make NaN of arguments that are not NaN: such cells are malformed."""
    distinct: ClassVar[bool] = False
    """It may be computed once per distinct value of its one non-literal argument (worth it for text)."""
    guarded: ClassVar[bool] = False
    """A batch kernel is given only rows that are still there and none of whose arguments is rejected: it may fail on others."""
    lazy: ClassVar[bool] = False
    """It looks at the rejection of the branch taken only; `row` is given bound arguments instead of values."""

    @abstractmethod
    def bind(self, call: Call) -> Signature:
        """Types from types; raises TypeMismatchError. `call.constants` is None before the fit."""

    @abstractmethod
    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        """The kernel: equally long plain or dictionary-encoded arrays in, one of `call.out_type` out."""

    @abstractmethod
    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        """Emit code for one row; the result is the name of the local that holds the value."""

    def check(self, node: Node) -> None:
        """Hold a node against arity and limits, wherever it comes from."""
        low, high = self.arity
        if not low <= len(node.args) or (high is not None and len(node.args) > high):
            wanted = f"{low}" if low == high else f"{low} or more" if high is None else f"{low} to {high}"
            raise RequestError(f"{spoken(self.name)} takes {wanted} arguments, not {len(node.args)}", where=node.site)
        check(self.called or spoken(self.name), self.limits, node.params, where=node.site)

    def branch_codes(self, call: Call, args: Sequence[Column]) -> Codes | None:
        """For lazy operations: the rejections of the branches taken."""
        raise RequestError(f"{self.name} is not lazy")

    # What follows matters to operations that learn from data.

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        """What must be known of all rows, by name."""
        return {}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        """The constants (JSON values and Arrow arrays) from the finished folds."""
        return {}

    def remarks(self, call: Call) -> list[str]:
        """What a person should know of the constants, once fitted: that they are fewer than were asked for, say."""
        return []

    def filled(self, call: Call) -> str | None:
        """The name of the constant by which this node replaces null and NaN of its first argument, changing nothing else."""
        return None

    def elements(self, call: Call) -> list[str] | None:
        """Names of a vector's elements, once fitted."""
        return None

    def size(self, call: Call) -> int | None:
        """The number of different ids or elements, once fitted."""
        names = self.elements(call)
        return None if names is None else len(names)

    @property
    def issue_kinds(self) -> tuple[str, ...]:
        """Every kind of issue it can raise."""
        return ("malformed", *self.kinds) if self.makes_nan and "malformed" not in self.kinds else self.kinds

    @property
    def learns(self) -> bool:
        return type(self).folds is not Op.folds


_REGISTRY: dict[str, Op] = {}
_ANNOUNCED: dict[str, str] = {}


def register(cls: type[Op]) -> type[Op]:
    """Class decorator: make the operation known by its name."""
    if cls.name in _REGISTRY and type(_REGISTRY[cls.name]).__qualname__ != cls.__qualname__:
        raise RequestError(f"two operations are named {cls.name!r}")
    _REGISTRY[cls.name] = cls()
    return cls


def announce(modules: Mapping[str, str]) -> None:
    """Say which module registers an operation of that name when it is imported: as an entry point does, for code that is not installed."""
    _ANNOUNCED.update(modules)


def find(name: str) -> Op:
    """The operation of that name; built-in ones are there, others are loaded by their entry point.

    Raises
    ------
    RequestError
        When nothing installed provides it.
    """
    import featureprep.expr.builtin  # noqa: F401  (registers the expression operations)

    if name not in _REGISTRY and name in _ANNOUNCED:
        import_module(_ANNOUNCED[name])
    if name not in _REGISTRY:
        for point in entry_points(group="featureprep.transforms", name=name):
            point.load()
    if name not in _REGISTRY:
        raise RequestError(f"there is no operation {name!r}", hint="a package that provides it may be missing")
    return _REGISTRY[name]


def require_version(name: str, version: int) -> None:
    """Refuse a stored node of a later version of an operation than this release has.

    Raises
    ------
    CorruptArtefactError
    """
    known = find(name).version
    if version > known:
        raise CorruptArtefactError(
            f"it uses {name} version {version}; this release knows version {known}", hint="open it with a newer featureprep"
        )
