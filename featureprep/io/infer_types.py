"""Types found by looking at all values of text columns, as a fold: order and partitioning do not matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from featureprep import canonical
from featureprep.errors import CorruptArtefactError
from featureprep.folds.base import Fold
from featureprep.io.cells import typed
from featureprep.types import TIMESTAMP, parse_type

_CANDIDATES: tuple[tuple[str, pa.DataType], ...] = (
    ("bool", pa.bool_()),
    ("int64", pa.int64()),
    ("float64", pa.float64()),
    ("date", pa.date32()),
    ("timestamp", TIMESTAMP),
)
_ALL = (1 << len(_CANDIDATES)) - 1
_BIT = {name: 1 << place for place, (name, _) in enumerate(_CANDIDATES)}
_INTEGER = r"^[+-]?[0-9]+$"
_PROBE = 64
_WORDS = ["true", "false"]


@dataclass(frozen=True)
class TextKinds:
    """What some texts can be read as: `fits` has a bit per candidate type.

    `fraction`: some text is a number but not written as an integer; `seen`: there was a text at all.
    """

    fits: int = _ALL
    fraction: bool = False
    seen: bool = False

    def merge(self, other: TextKinds) -> TextKinds:
        return TextKinds(self.fits & other.fits, self.fraction | other.fraction, self.seen | other.seen)

    def type(self) -> str:
        """The narrowest type that takes all of them, "null" where there were none.

        Integers beyond 64 bit stay text, so that no digit is lost; among numbers with a fraction they are float64.
        """
        if not self.seen:
            return "null"
        for name in ("bool", "int64", "float64", "date", "timestamp"):
            if self.fits & _BIT[name] and (name != "float64" or self.fraction):
                return name
        return "string"


def text_kinds(column: pa.Array, before: TextKinds = TextKinds()) -> TextKinds:
    """The kinds of a column's texts together with those `before`; nulls say nothing."""
    if pa.types.is_null(column.type):
        return before
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    texts = pc.unique(column).drop_null()
    if not len(texts):
        return before
    fits = before.fits & _possible(texts[0].as_py())
    for name, dtype in _CANDIDATES:
        if fits & _BIT[name] and not (_fits(texts.slice(0, _PROBE), dtype) and _fits(texts, dtype)):
            fits &= ~_BIT[name]
    fraction = before.fraction
    if not fraction and fits & _BIT["float64"]:
        fraction = not pc.all(pc.match_substring_regex(texts, _INTEGER)).as_py()
    return TextKinds(fits, fraction, True)


def _possible(text: str) -> int:
    """The bits of the types that this text may be read as, by a glance at it: thousands of columns are not to be parsed in vain."""
    unlikely = 0 if "-" in text else _BIT["date"] | _BIT["timestamp"]
    return _ALL & ~unlikely & ~(0 if text.lower() in _WORDS else _BIT["bool"])


def _fits(texts: pa.Array, dtype: pa.DataType) -> bool:
    if pa.types.is_boolean(dtype):
        # words only: a column of 0 and 1 is a number
        return bool(pc.all(pc.is_in(pc.ascii_lower(texts), value_set=pa.array(_WORDS))).as_py())
    return typed(texts, dtype)[1] is None


@dataclass(frozen=True)
class TypeInference(Fold):
    """The narrowest type of each text column: bool (words), int64, float64, date, timestamp, else string.

    The result maps each name to the spelling of its type, "null" for a column without values.

    Parameters
    ----------
    names : tuple of str
        One for each column that `update` is given, in order.
    """

    names: tuple[str, ...]
    name: ClassVar[str] = "type_inference"

    def init(self) -> list[TextKinds]:
        return [TextKinds() for _ in self.names]

    def update(self, state: list[TextKinds], *columns: pa.Array) -> list[TextKinds]:
        return [text_kinds(column, kinds) for kinds, column in zip(state, columns, strict=True)]

    def merge(self, a: list[TextKinds], b: list[TextKinds]) -> list[TextKinds]:
        return [x.merge(y) for x, y in zip(a, b, strict=True)]

    def finish(self, state: list[TextKinds]) -> dict[str, str]:
        return {name: kinds.type() for name, kinds in zip(self.names, state, strict=True)}

    def encode(self, state: list[TextKinds]) -> bytes:
        return canonical.dumps([[kinds.fits, kinds.fraction, kinds.seen] for kinds in state]).encode()

    def decode(self, data: bytes | memoryview) -> list[TextKinds]:
        try:
            state = [TextKinds(int(fits), bool(fraction), bool(seen)) for fits, fraction, seen in canonical.loads(bytes(data))]
        except (TypeError, ValueError) as error:
            raise CorruptArtefactError(f"a stored state of {self.name} cannot be read: {error}") from error
        if len(state) != len(self.names):
            raise CorruptArtefactError(f"a stored state of {self.name} is of {len(state)} columns, not {len(self.names)}")
        return state


def inferred_schema(types: Mapping[str, str]) -> pa.Schema:
    """The schema to read with: inferred types, and string for columns without values."""
    return pa.schema([(name, pa.string() if spelling == "null" else parse_type(spelling)) for name, spelling in types.items()])
