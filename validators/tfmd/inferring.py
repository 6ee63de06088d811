"""A schema from statistics (TFDV: schema.cc, CreateColumn)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from featureprep.errors import ArgumentError
from featureprep.validators.tfmd.bool_domain import init_bool_domain, is_bool_domain
from featureprep.validators.tfmd.int_domain import is_int_domain
from featureprep.validators.tfmd.paths import shown
from featureprep.validators.tfmd.presence import init_presence
from featureprep.validators.tfmd.protos import Statistics, checked_size, protos, whole_dataset
from featureprep.validators.tfmd.semantic import take_proposed_domain
from featureprep.validators.tfmd.shape import init_shape
from featureprep.validators.tfmd.string_domain import is_string_domain, update_string_domain
from featureprep.validators.tfmd.tree import SchemaTree
from featureprep.validators.tfmd.view import DatasetView, FeatureView, has_stats

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

Transformation: TypeAlias = "Callable[[schema_pb2.Schema, statistics_pb2.DatasetFeatureStatistics], schema_pb2.Schema]"


def add_feature(view: FeatureView, tree: SchemaTree, *, max_string_domain_size: int, infer_feature_shape: bool) -> schema_pb2.Feature:
    """State of a new feature what its statistics show: type, presence, number of values, domain.

    Domains, the first that fits: one that the statistics propose; none of bytes and of text that is not UTF-8; two words or the
    numbers 0 and 1; text that is whole numbers; values listed, where there are few.
    """
    feature = tree.add(view.path)
    feature.type = protos().schema.FeatureType.Value(view.feature_type)
    init_presence(view, feature)
    if view.num_present > 0:
        init_shape(view, feature, fixed=infer_feature_shape)
    if view.data.HasField("validation_derived_source"):
        feature.lifecycle_stage = protos().schema.VALIDATION_DERIVED
        feature.validation_derived_source.CopyFrom(view.data.validation_derived_source)
    if take_proposed_domain(view, feature) or view.has_invalid_utf8 or view.type == "BYTES":
        return feature
    if is_bool_domain(view):
        init_bool_domain(view, feature.bool_domain)
    elif is_int_domain(view):
        feature.int_domain.SetInParent()
    elif is_string_domain(view, max_string_domain_size):
        domain = tree.add_string_domain(shown(view.path))
        update_string_domain(view, domain, 0.0)
        feature.domain = domain.name
    return feature


def infer(
    statistics: Statistics,
    *,
    max_string_domain_size: int = 100,
    infer_feature_shape: bool = True,
    schema_transformations: Iterable[Transformation] | None = None,
) -> schema_pb2.Schema:
    """A schema that the statistics conform to, by TFDV's rules.

    Features of which there are only custom statistics (sparse and weighted ones) are left out.

    Parameters
    ----------
    statistics : DatasetFeatureStatistics or DatasetFeatureStatisticsList
        Of all rows; of a list, the only ones or those named `All Examples`.
    max_string_domain_size : int
        Of a string feature with more distinct values no domain is stated.
    infer_feature_shape : bool
        Whether a fixed shape is stated of features that always have as many values, instead of the number of values.
    schema_transformations : iterable of callables, optional
        Applied in order: each takes the schema and the statistics, and gives the schema.

    Raises
    ------
    ArgumentError
        Another message, a size that is no whole number from 0, transformations that are no functions or give no schema.
    """
    data = whole_dataset(statistics, "tfmd.infer")
    checked_size(max_string_domain_size, "tfmd.infer")
    transformations = _transformations(schema_transformations)
    tree = SchemaTree(protos().schema.Schema())

    def add(view: FeatureView) -> None:
        if has_stats(view.data):
            add_feature(view, tree, max_string_domain_size=max_string_domain_size, infer_feature_shape=infer_feature_shape)
            for child in view.children:
                add(child)

    for root in DatasetView(data).roots:
        add(root)
    schema = tree.schema
    for transform in transformations:
        schema = transform(schema, data)
        if not isinstance(schema, protos().schema.Schema):
            raise ArgumentError.of("schema_transformations", "tfmd.infer", "functions that give a Schema", schema)
    return schema


def _transformations(given: Iterable[Transformation] | None) -> list[Transformation]:
    """A list of them, empty for what is false."""
    found = list(given) if isinstance(given, Iterable) else []
    if (given and not found) or not all(map(callable, found)):
        raise ArgumentError.of("schema_transformations", "tfmd.infer", "functions", given)
    return found
