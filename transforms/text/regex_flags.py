"""regex_flags: text as a vector of which patterns are found in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node
from featureprep.expr.op import Call, register
from featureprep.expr.ops.functional import Forms, OfText
from featureprep.expr.params import NAME, sequence
from featureprep.kernels.arrays import values_of
from featureprep.kernels.regex import matches
from featureprep.kernels.result import Batch
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._vectors import dense_array
from featureprep.types import dense

_I8 = pa.int8()


def regex_flags(column: str | Expr, patterns: Mapping[str, str], *, missing: Any = "keep") -> Expr:
    r"""A vector with one element per pattern, 1 where it is found in the text and 0 where it is not.

    Parameters
    ----------
    column : str or Expr
        Text.
    patterns : dict of str to str
        Name and RE2 pattern of each element, at least one. A pattern is found anywhere in the text unless anchored; `(?i)` at its start
        ignores case.
    missing : {"keep", "error", "quarantine"} or str
        For null. "keep" leaves null null. A text is put in first, and searched.

    Returns
    -------
    Expr
        fixed_size_list<int8>, one element a pattern in the given order, named by its name.

    Raises
    ------
    ArgumentError
        When `patterns` is no dict of at least one name and pattern, or (at bind time) RE2 does not take a pattern.
    TypeMismatchError
        At bind time, for a column that is not of text.

    Notes
    -----
    Nothing is learned: an empty, constant or all-null column is nothing special. There are no unknown values, and nothing is malformed;
    text has no NaN.

    References
    ----------
    RE2 syntax, https://github.com/google/re2/wiki/Syntax

    Examples
    --------
    >>> regex_flags("body", {"money": "[$€£]", "link": r"https?://"})
    regex_flags(body, names=['money', 'link'], patterns=['[$€£]', 'https?://'])
    """
    if not isinstance(patterns, Mapping):
        raise ArgumentError.of("patterns", "regex_flags", "a dict of names and patterns", patterns, where=site())
    return apply("regex_flags", as_column("regex_flags", column, missing), names=[*patterns], patterns=[*patterns.values()])


@register
class RegexFlags(OfText):
    """Which of several patterns are found."""

    name = "regex_flags"
    limits = {"names": sequence(NAME, at_least=1), "patterns": sequence(NAME, at_least=1)}

    def check(self, node: Node) -> None:
        super().check(node)
        names = list(node.params["names"])
        if len(names) != len(node.params["patterns"]) or len(set(names)) < len(names):
            raise ArgumentError.of("names", self.name, "one for each pattern, all different", names, where=node.site)

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return dense(_I8, len(params["patterns"]))

    def elements(self, call: Call) -> list[str] | None:
        return list(call.params["names"])

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        tests = [matches(pattern) for pattern in params["patterns"]]

        def batch(array: pa.Array) -> Batch:
            columns = [values_of(test.batch(array)[0]).astype(np.int8) for test in tests]
            return dense_array(np.stack(columns, axis=1), _I8, np.asarray(array.is_valid())), None

        def row(text: str) -> list[int]:
            return [int(test.row(text)) for test in tests]

        return batch, row
