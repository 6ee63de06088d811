"""Contracts as TFMD schemas, and schemas as contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from featureprep.errors import ArgumentError, RequestError
from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import ENVIRONMENTS, Contract, SourceContract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.tfmd.contract_from_feature import read_column
from featureprep.validators.tfmd.contract_marks import read_marks, write_marks
from featureprep.validators.tfmd.contract_to_feature import write_feature
from featureprep.validators.tfmd.dataset import read_drift, write_drift
from featureprep.validators.tfmd.protos import checked_schema, protos
from featureprep.validators.tfmd.tree import SchemaTree, is_retired

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_ROWS: Final = {"min": "min_examples_count", "max": "max_examples_count"}
_ROWS_DRIFT: Final = "num_examples_drift_comparator"
_READ: Final = frozenset(
    {"feature", "string_domain", "float_domain", "int_domain", "default_environment", "annotation", "dataset_constraints"}
)


def schema_from_contract(contract: Contract, *, source: str = "") -> schema_pb2.Schema:
    """What a contract states, as a TFMD schema.

    Presence, number of values, listed texts, ranges, drift by the measures that TFDV has, environments and numbers of rows are
    TFMD's own. Types, `sensitive`, owners and settings that TFMD has no field for are tags, `featureprep:type=int32`, which
    `contract_from_schema` reads. What remains is listed in the comments of annotations, each behind `not expressed: `. A column that
    must exist has a value at least (`min_count: 1`); a column of dates, timestamps or binary is of type BYTES, one of bools INT.

    Parameters
    ----------
    source : str
        Which of several sources.

    Raises
    ------
    ArgumentError, RequestError
        For what is no contract, and for a source that it does not have.
    """
    if not isinstance(contract, Contract):
        raise ArgumentError.of("contract", "schema_from_contract", "a Contract", contract)
    stated = contract.source(source)
    schema = protos().schema.Schema(default_environment=stated.environments)
    for column in stated.columns:
        write_feature(schema.feature.add(), column, stated.environments)
    lost = []
    for rule in stated.rules:
        if rule.check == "rows" and rule.part == "drift":
            write_drift(schema.dataset_constraints.num_examples_drift_comparator, rule.params["bound"])
        elif rule.check == "rows":
            setattr(schema.dataset_constraints, _ROWS[rule.part], rule.params["bound"])
        elif rule.check != "allow_empty":
            lost.append(f"{rule.check} {rule.part}".rstrip())
    tags = {
        "extra_columns": stated.extra_columns,
        "allow_empty": "true" if stated.allow_empty else "",
        "allow_not_evaluated": "true" if stated.allow_not_evaluated else "",
        "owner": stated.owner,
    }
    write_marks(schema.annotation, tags, stated.note, lost)
    return schema


def contract_from_schema(schema: schema_pb2.Schema) -> str:
    """What a TFMD schema states, as the YAML of a contract, which `load_contract` reads.

    INT is int64, FLOAT float64 and BYTES string where no tag says otherwise; a feature of which the number of values is not stated to be 1
    is a list. Columns that the contract does not name are errors, as in TFDV. What a contract has no words for is listed in comments:
    beside its column, or in the first lines. Retired features, those without a type, sparse and weighted ones are left out and listed.

    Raises
    ------
    ArgumentError, RequestError
        For what is no schema, one without a column that a contract can have, and for statements that no contract can hold, such as an
        empty range or a column without a name.
    """
    made, lost = read_schema(schema)
    told = "".join(f"# not expressed: {what!r}\n" for what in lost)
    text = told + Contract((made,)).to_yaml()
    load_contract(text, where="the contract of the schema")
    return text


def read_schema(schema: schema_pb2.Schema) -> tuple[SourceContract, list[str]]:
    """The contract of a schema, unchecked, and what of the schema as a whole it has no words for; columns have that in their comments.

    Raises
    ------
    ArgumentError, RequestError
        For what is no schema, and one without a column that a contract can have.
    """
    tree = SchemaTree(checked_schema(schema, "contract_from_schema"))
    environments = tuple(dict.fromkeys(schema.default_environment))
    tags, note, lost = read_marks(schema.annotation)
    columns = {}
    for feature in schema.feature:
        column = None if is_retired(feature) or feature.name in columns else read_column(feature, tree, environments)
        if column is None:
            lost.append(f"the feature {feature.name!r}")
        else:
            columns[feature.name] = column
    if not columns:
        raise RequestError("the schema has no feature that a contract could name", where="schema")
    lost += [f"the feature {one.name!r}" for one in (*schema.sparse_feature, *schema.weighted_feature)]
    lost += [field.name for field, _ in schema.ListFields() if field.name not in (*_READ, "sparse_feature", "weighted_feature")]
    constraints = schema.dataset_constraints
    drift = read_drift(constraints.num_examples_drift_comparator) if constraints.HasField(_ROWS_DRIFT) else None
    known = {*_ROWS.values(), *(() if drift is None else (_ROWS_DRIFT,))}
    lost += [f"dataset_constraints.{field.name}" for field, _ in constraints.ListFields() if field.name not in known]
    rules = [
        Rule("rows", part=part, params={"bound": getattr(constraints, name)}) for part, name in _ROWS.items() if constraints.HasField(name)
    ]
    rules += [] if drift is None else [Rule("rows", part="drift", params={"bound": drift})]
    made = SourceContract(
        "",
        tuple(columns.values()),
        (*rules, *([] if tags.get("allow_empty") == "true" else [Rule("allow_empty")])),
        environments or ENVIRONMENTS,
        extra_columns=tags.get("extra_columns", "error"),
        allow_not_evaluated=tags.get("allow_not_evaluated") == "true",
        owner=tags.get("owner", ""),
        note=note,
    )
    return made, list(dict.fromkeys(lost))
