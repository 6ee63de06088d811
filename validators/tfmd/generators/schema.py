"""What a TFMD schema says about how statistics are computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from featureprep.errors import ArgumentError, ContractError
from featureprep.validators.tfmd.paths import Path
from featureprep.validators.tfmd.tree import feature_type

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.schema_pb2 import Feature, Schema

_CATEGORIES: Final = {"INT": ("int_domain", "bool_domain", "natural_language_domain"), "FLOAT": ("float_domain",)}


def parsed(schema: Schema | str | None) -> Schema:
    """The schema, read from a textproto if need be; one without features for None.

    Raises
    ------
    ArgumentError, ContractError
        For what is no schema, or no textproto of one.
    """
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0.schema_pb2 import Schema

    if schema is None:
        return Schema()
    if isinstance(schema, Schema):
        return schema
    if not isinstance(schema, (str, bytes)):
        raise ArgumentError.of("schema", "statistics", "a Schema or its textproto", schema)
    made = Schema()
    try:
        text_format.Parse(schema, made)
    except text_format.ParseError as error:
        raise ContractError(f"the schema is no textproto of tensorflow.metadata.v0.Schema: {error}") from error
    return made


def leaves(schema: Schema) -> Iterator[tuple[Path, Feature]]:
    """The features that are no structs, with their paths."""
    yield from _leaves((), schema)


def bytes_features(schema: Schema) -> frozenset[Path]:
    """Features whose strings are images: their lengths are told, and no values."""
    return frozenset(path for path, feature in leaves(schema) if feature.WhichOneof("domain_info") == "image_domain")


def categorical(schema: Schema) -> dict[Path, str]:
    """Numeric features whose values are categories, with their types."""
    found = ((path, feature, feature_type(feature)) for path, feature in leaves(schema))
    return {path: kind for path, feature, kind in found if kind in _CATEGORIES and _is_category(feature, kind)}


def categories(schema: Schema) -> list[Path]:
    """Features that are strings or whole numbers taken as categories."""
    numbers = categorical(schema)
    return [path for path, feature in leaves(schema) if feature_type(feature) == "BYTES" or numbers.get(path) == "INT"]


def _is_category(feature: Feature, kind: str) -> bool:
    domain = feature.WhichOneof("domain_info")
    if domain in ("int_domain", "float_domain"):
        return domain in _CATEGORIES[kind] and bool(getattr(feature, domain).is_categorical)
    return domain in _CATEGORIES[kind]


def _leaves(above: Path, schema: object) -> Iterator[tuple[Path, Feature]]:
    for feature in schema.feature:  # type: ignore[attr-defined]  # a Schema, or a StructDomain
        path = (*above, feature.name)
        if feature_type(feature) == "STRUCT":
            yield from _leaves(path, feature.struct_domain)
        else:
            yield path, feature
