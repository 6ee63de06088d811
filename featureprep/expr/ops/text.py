"""The words of `.str`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from featureprep.expr.op import Call, register
from featureprep.expr.ops.functional import Forms, OfText
from featureprep.expr.params import BOOL, NONE, TEXT, integer
from featureprep.kernels import regex, text
from featureprep.kernels.text import TextFunction


class _Text(OfText):
    def function(self, params: Mapping[str, Any]) -> TextFunction:
        """The kernel with its parameters."""
        raise TypeError(self.name)

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return self.function(params).type

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        made = self.function(params)
        return made.batch, made.row


@register
class Lower(_Text):
    """Lower case."""

    name = "str_lower"

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        return text.lower()


@register
class Upper(_Text):
    """Upper case."""

    name = "str_upper"

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        return text.upper()


@register
class Strip(_Text):
    """Without characters at either end."""

    name = "str_strip"
    limits = {"characters": TEXT | NONE}

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        return text.strip(params["characters"])


@register
class Length(_Text):
    """Number of code points."""

    name = "str_len"

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        return text.length()


@register
class Contains(_Text):
    """Whether a text occurs in it."""

    name = "str_contains"
    limits = {"text": TEXT}

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        return text.contains(params["text"])


@register
class StartsWith(_Text):
    """Whether it begins so."""

    name = "str_starts_with"
    limits = {"text": TEXT}

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        return text.starts_with(params["text"])


@register
class EndsWith(_Text):
    """Whether it ends so."""

    name = "str_ends_with"
    limits = {"text": TEXT}

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        return text.ends_with(params["text"])


@register
class Matches(_Text):
    """Whether an RE2 pattern is found."""

    name = "str_matches"
    limits = {"pattern": TEXT}

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        return regex.matches(params["pattern"])


@register
class Extract(_Text):
    """The first group of an RE2 pattern; null where it is not found."""

    name = "str_extract"
    limits = {"pattern": TEXT}

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        return regex.extract(params["pattern"])

    def null_result(self, call: Call) -> bool | None:
        return True


@register
class Replace(_Text):
    """Every occurrence replaced."""

    name = "str_replace"
    limits = {"old": TEXT, "new": TEXT, "regex": BOOL}

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        make = regex.replace_regex if params["regex"] else text.replace
        return make(params["old"], params["new"])


@register
class Split(_Text):
    """The parts between separators."""

    name = "str_split"
    limits = {"separator": TEXT, "regex": BOOL}

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        make = regex.split_regex if params["regex"] else text.split
        return make(params["separator"])


@register
class Slice(_Text):
    """Some code points."""

    name = "str_slice"
    limits = {"start": integer(-(2**31), 2**31 - 1), "stop": integer(-(2**31), 2**31 - 1) | NONE}

    def function(self, params: Mapping[str, Any]) -> TextFunction:
        return text.slice_text(params["start"], params["stop"])
