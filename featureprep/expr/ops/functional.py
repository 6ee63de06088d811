"""Operations of one argument that are a kernel and a row function with fixed parameters, and nothing else."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar

import pyarrow as pa

from featureprep import canonical
from featureprep.expr.misfit import wrong_type
from featureprep.expr.op import Call, Issues, Op, Signature
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.result import Batch

Forms = tuple[Callable[[pa.Array], Batch], Callable[[Any], Any]]
"""The batch form, giving (array, bad mask or None), and the row form, giving a value or BAD."""


class Functional(Op):
    """State `takes` (a word for the wanted type), `accepts`, `result` and `forms`."""

    kinds: ClassVar[tuple[str, ...]] = ("malformed",)
    takes = "text"

    @abstractmethod
    def accepts(self, dtype: pa.DataType) -> bool:
        """Whether it can be applied to a column of this type."""

    @abstractmethod
    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        """The type of the result."""

    @abstractmethod
    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        """The two forms; raises ArgumentError for parameters that are no good."""

    def wanted(self, dtype: pa.DataType) -> pa.DataType:
        """The type that a null column is read as."""
        return dtype

    def null_result(self, call: Call) -> bool | None:
        """Whether the result can be null though the argument is not; None: no."""
        return None

    def bind(self, call: Call) -> Signature:
        dtype = self.wanted(call.in_types[0])
        if not self.accepts(dtype):
            raise wrong_type(self.name, self.takes, dtype)
        self.cached_forms(dtype, call.params)
        return Signature(self.result(dtype, call.params), (dtype,), nullable=self.null_result(call))

    def cached_forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        """`forms`, made once for the same type and parameters."""
        return _forms(self, dtype, canonical.dumps(params))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        out, bad = self.cached_forms(call.in_types[0], call.params)[0](args[0])
        issues.add("malformed", bad)
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        function = code.const(self.cached_forms(call.in_types[0], call.params)[1])
        return code.checked(call, args, f"{function}({args[0]})")


class OfText(Functional):
    """Those of text that find nothing malformed in it."""

    kinds = ()
    distinct = True

    def accepts(self, dtype: pa.DataType) -> bool:
        return bool(dtype == pa.string())

    def wanted(self, dtype: pa.DataType) -> pa.DataType:
        return pa.string() if dtype == pa.null() else dtype


@lru_cache(maxsize=1024)
def _forms(op: Functional, dtype: pa.DataType, params: str) -> Forms:
    return op.forms(dtype, canonical.loads(params))
