"""TFMD schemas as text (`schema.pbtxt`): their lines, which the messages of protobuf do not keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from featureprep.errors import RequestError, short
from featureprep.validators.contract import Column, Contract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.interop.notes import Notes
from featureprep.validators.interop.sections import chosen_source
from featureprep.validators.tfmd.contracts import contract_from_schema, read_schema
from featureprep.validators.tfmd.protos import protos

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_TOKEN: Final = re.compile(r"#[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[{}<>\[\]:;,]|[^\s{}<>\[\]:;,#\"']+")
_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "type": ("type",),
    "required": ("presence",),
    "nullable": ("presence", "shape"),
    "null_fraction": ("presence",),
    "valency": ("value_count", "value_counts", "shape"),
    "range": ("int_domain", "float_domain", "bool_domain", "domain"),
    "not_nan": ("float_domain", "domain"),
    "values": ("string_domain", "domain", "bool_domain"),
    "min_domain_mass": ("distribution_constraints",),
    "drift": ("drift_comparator",),
}
"""The fields of a feature that make the rules of a check."""
_LOST: Final = "not expressed: "


@dataclass
class _Block:
    """Where a feature begins, and each of its fields."""

    line: int
    fields: dict[str, int] = field(default_factory=dict)

    def place(self, *names: str) -> int:
        return next((self.fields[name] for name in names if name in self.fields), self.line)


def from_tfmd(schema: str, *, file: str = "schema.pbtxt") -> tuple[str, list[str]]:
    """The text of a TFMD schema as a contract; what could not be carried over stands in its comments, too.

    Raises
    ------
    RequestError
        For what is no such text, and as `contract_from_schema` does.
    MissingExtraError
        Without the extra `tfmd`.
    """
    message = _message(schema, file)
    try:
        return contract_from_schema(message), _contract(message, schema, file)[1].lines()
    except RequestError as error:
        raise error.at(file) from None


def contract_of_message(schema: str, file: str) -> Contract:
    """The same, as a contract whose rules stand in the lines of the text."""
    contract, notes = _contract(_message(schema, file), schema, file)
    (source,) = contract.sources
    return replace(contract, sources=(replace(source, foreign="tfmd", untaken=notes.untaken()),), notes=notes.told())


def to_tfmd(contract: Contract, *, source: str | None = None) -> tuple[str, list[str]]:
    """The contract of a source as the text of a TFMD schema, and the rules that it does not have.

    Raises
    ------
    RequestError
        When it is not said which of several sources is meant, or there is none of that name.
    MissingExtraError
        Without the extra `tfmd`.
    """
    from google.protobuf import text_format

    from featureprep.validators.tfmd.contract_marks import read_marks
    from featureprep.validators.tfmd.contracts import schema_from_contract

    schema = schema_from_contract(contract, source=chosen_source(contract, contract.names, source, "a TFMD schema"))
    lost = [f"{feature.name}: {what}" for feature in schema.feature for what in read_marks(feature.annotation)[2]]
    return text_format.MessageToString(schema, as_utf8=True), lost + read_marks(schema.annotation)[2]


def _message(schema: str, file: str) -> schema_pb2.Schema:
    made: schema_pb2.Schema = protos().schema.Schema()
    from google.protobuf import text_format

    try:
        text_format.Parse(schema, made)
    except text_format.ParseError as error:
        line = error.GetLine()
        what = str(error).partition(" : ")[2] or str(error)
        raise RequestError(
            f"this is no TFMD schema: {what[:200]}",
            where=f"{file}:{line}" if line else file,
            hint="schema.pbtxt holds the text of a message",
        ) from error
    except RecursionError as error:
        raise RequestError("the schema is nested too deeply", where=file) from error
    return made


def _contract(message: schema_pb2.Schema, text: str, file: str) -> tuple[Contract, Notes]:
    source, lost = read_schema(message)
    load_contract(Contract((source,)).to_yaml(), where=file)
    top, blocks = _lines(text)
    if len(blocks) != len(message.feature):
        blocks = [_Block(1) for _ in message.feature]  # written in a way that is not followed here
    at = {feature.name: block for feature, block in reversed(list(zip(message.feature, blocks, strict=True)))}
    notes = Notes(file)
    columns = tuple(_placed(column, at[column.name], notes) for column in source.columns)
    for what in lost:
        word = what.partition(".")[0].partition(" ")[0]
        named = next((block.line for name, block in at.items() if what == f"the feature {name!r}"), None)
        notes.lose(named or top.get(word, 1), what[:200], check=word[:80])
    extra = source.extra_columns
    if extra == "error" and any(what.startswith("the feature ") for what in lost):
        notes.tell(1, "columns that the contract does not name are allowed: the schema has features that it does not have")
        extra = "allow"
    rules = tuple(replace(rule, line=top.get("dataset_constraints", 1)) for rule in source.rules)
    placed = replace(source, columns=columns, rules=rules, extra_columns=extra, file=file, line=1)
    return Contract((placed,), file), notes


def _placed(column: Column, block: _Block, notes: Notes) -> Column:
    """The column with its lines; what its feature says beyond it is told."""
    for what in column.comment.removeprefix(_LOST).split("; ") if column.comment.startswith(_LOST) else ():
        word = re.split(r"[. ]", what)[0]
        notes.lose(block.place(word), f"{what[:200]} of feature {short(column.name)}", column=column.name, check=word[:80])
    rules = tuple(replace(rule, line=block.place(*_PLACES.get(rule.check, ()))) for rule in column.rules)
    return replace(column, rules=rules, line=block.line)


def _lines(text: str) -> tuple[dict[str, int], list[_Block]]:
    """The first lines of the fields of the schema, and those of its features, in their order."""
    top: dict[str, int] = {}
    blocks: list[_Block] = []
    inside: list[bool] = []  # of each message that is open, whether it is a feature of the schema
    name = ""
    for word, line in _words(text):
        if word in "{<":
            inside.append(not inside and name == "feature")
            if inside[-1]:
                blocks.append(_Block(line))
        elif word in "}>":
            inside = inside[:-1]
        elif word not in ":;,[]" and word[0] not in "\"'":
            name = word
            if not inside:
                top.setdefault(word, line)
            elif inside == [True]:
                blocks[-1].fields.setdefault(word, line)
    return top, blocks


def _words(text: str) -> Iterator[tuple[str, int]]:
    line, at = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if not match[0].startswith("#"):
            yield match[0], line
