"""The types of JSON records, as a fold over their texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import pyarrow as pa

from featureprep import canonical
from featureprep.errors import CorruptArtefactError, ParseError
from featureprep.folds.base import Fold
from featureprep.io.infer_types import TextKinds, text_kinds
from featureprep.io.json_values import NotARecordError, Number, TooDeepError, parse_record
from featureprep.types import format_type, parse_type

_INT64 = range(-(1 << 63), 1 << 63)
_TEXT = "text"


@dataclass
class Shape:
    """What values stood at one place: kinds of scalars, texts, the items of arrays, the fields of objects."""

    kinds: set[str] = field(default_factory=set)
    texts: TextKinds = field(default_factory=TextKinds)
    items: Shape | None = None
    fields: dict[str, Shape] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)

    def add(self, value: Any) -> None:
        """One more value; texts wait for `settle`, which looks at them together."""
        if value is None:
            return
        if isinstance(value, dict):
            self.kinds.add("struct")
            for name, inner in value.items():
                if not _is_text(name):
                    continue  # no column can be called so
                self.fields.setdefault(name, Shape()).add(inner)
        elif isinstance(value, list):
            self.kinds.add("list")
            self.items = self.items or Shape()
            for inner in value:
                self.items.add(inner)
        elif isinstance(value, bool):
            self.kinds.add("bool")
        elif isinstance(value, Number):
            self.kinds.add(_number_kind(value))
        else:
            self.kinds.add(_TEXT)
            self.waiting.append(value)

    def settle(self) -> None:
        """Find the kinds of the waiting texts."""
        if self.waiting:
            texts = [text for text in self.waiting if _is_text(text)]
            self.texts = text_kinds(pa.array(texts, pa.string()), self.texts)
            self.waiting = []
        for inner in (*self.fields.values(), *([self.items] if self.items else [])):
            inner.settle()

    def merge(self, other: Shape) -> Shape:
        self.kinds |= other.kinds
        self.texts = self.texts.merge(other.texts)
        if other.items is not None:
            self.items = other.items if self.items is None else self.items.merge(other.items)
        for name, inner in other.fields.items():
            self.fields[name] = self.fields[name].merge(inner) if name in self.fields else inner
        return self

    def type(self) -> pa.DataType:
        """The narrowest type for all values; string where they are of several kinds."""
        kinds = self.kinds
        if not kinds:
            return pa.null()
        if kinds == {"struct"}:
            return pa.struct([(name, _stored(self.fields[name].type())) for name in sorted(self.fields)])
        if kinds == {"list"} and self.items is not None:
            return pa.list_(_stored(self.items.type()))
        if kinds == {"bool"}:
            return pa.bool_()
        if kinds == {"int"}:
            return pa.int64()
        if "float" in kinds and kinds <= {"int", "wide", "float"}:
            return pa.float64()
        if kinds == {_TEXT} and self.texts.type() in ("date", "timestamp"):
            return parse_type(self.texts.type())
        return pa.string()

    def to_json(self) -> dict[str, Any]:
        texts = [self.texts.fits, self.texts.fraction, self.texts.seen]
        fields = [[name, self.fields[name].to_json()] for name in sorted(self.fields)]
        return {"kinds": sorted(self.kinds), "texts": texts, "items": self.items and self.items.to_json(), "fields": fields}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Shape:
        items = stored["items"]
        fits, fraction, seen = stored["texts"]
        fields = {name: cls.from_json(inner) for name, inner in stored["fields"]}
        return cls(set(stored["kinds"]), TextKinds(fits, fraction, seen), None if items is None else cls.from_json(items), fields)


def _is_text(text: str) -> bool:
    """Whether it has no escaped half of a surrogate pair, which UTF-8 cannot spell."""
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def _number_kind(text: str) -> str:
    if any(c in text for c in ".eEnN"):  # NaN and Infinity too
        return "float"
    return "int" if len(text) <= 20 and int(text) in _INT64 else "wide"


def _stored(dtype: pa.DataType) -> pa.DataType:
    """Within lists and structs a place without values is read as string, as a column is."""
    return pa.string() if pa.types.is_null(dtype) else dtype


@dataclass(frozen=True)
class JsonInference(Fold):
    """The columns of JSON records and their types; `update` takes the raw column of record texts.

    The result maps each key, in order of name, to the spelling of its type, "null" for a key without values. Texts that are
    no objects are left out: reading reports them. Integers beyond 64 bit make their column string, unless it has fractions.
    """

    name: ClassVar[str] = "json_inference"

    def init(self) -> Shape:
        return Shape()

    def update(self, state: Shape, *columns: pa.Array) -> Shape:
        for text in columns[0].to_pylist():
            if text is None:
                continue
            try:
                state.add(parse_record(text.encode("utf-8")))
            except TooDeepError as error:
                raise _too_deep(text) from error
            except RecursionError as error:
                raise _too_deep(text) from error
            except NotARecordError:
                continue
        state.settle()
        return state

    def merge(self, a: Shape, b: Shape) -> Shape:
        return a.merge(b)

    def finish(self, state: Shape) -> dict[str, str]:
        return {name: format_type(state.fields[name].type()) for name in sorted(state.fields)}

    def encode(self, state: Shape) -> bytes:
        return canonical.dumps(state.to_json()).encode("utf-8", "surrogatepass")

    def decode(self, data: bytes | memoryview) -> Shape:
        try:
            return Shape.from_json(canonical.loads(bytes(data).decode("utf-8", "surrogatepass")))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise CorruptArtefactError(f"a stored state of {self.name} cannot be read: {error}") from error


def _too_deep(text: str) -> ParseError:
    return ParseError(
        f"a JSON record is nested too deep to find its columns; it starts with {text[:60]!r}",
        hint="give schema= with the columns that are wanted",
    )
