"""A schema as the rules look things up in it and change it (TFDV: schema.cc)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from featureprep.validators.tfmd.paths import Path
from featureprep.validators.tfmd.protos import protos

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_RETIRED: Final = frozenset({"PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED"})


def is_retired(feature: schema_pb2.Feature | schema_pb2.SparseFeature | schema_pb2.WeightedFeature) -> bool:
    """Whether nothing is checked of it: deprecated, or in a stage of its life in which it is not served."""
    if "deprecated" in feature.DESCRIPTOR.fields_by_name and feature.deprecated:
        return True
    return protos().schema.LifecycleStage.Name(feature.lifecycle_stage) in _RETIRED


def retire(feature: schema_pb2.Feature | schema_pb2.SparseFeature | schema_pb2.WeightedFeature) -> None:
    """State that nothing is to be checked of it any more."""
    feature.lifecycle_stage = protos().schema.DEPRECATED


def drop_domain(feature: schema_pb2.Feature) -> None:
    """Take the domain away, and what is stated of the share of values in it: without a domain that would be an anomaly of its own."""
    name = feature.WhichOneof("domain_info")
    if name is not None:
        feature.ClearField(name)
    feature.ClearField("distribution_constraints")


def feature_type(feature: schema_pb2.Feature) -> str:
    """The name of its type."""
    return str(protos().schema.FeatureType.Name(feature.type))


class SchemaTree:
    """Features, domains and environments of one schema, which it changes.

    Of several features of one name the first counts, as in TFDV.
    """

    def __init__(self, schema: schema_pb2.Schema) -> None:
        self.schema = schema
        self._features = _by_name(schema.feature)
        self._sparse = _by_name(schema.sparse_feature)
        self._weighted = _by_name(schema.weighted_feature)
        self._domains = _by_name(schema.string_domain)

    def part(self, path: Path) -> SchemaTree:
        """A copy of what concerns the feature and its descendants: a schema of its own, that may be changed alone."""
        schema = protos().schema.Schema(default_environment=self.schema.default_environment)
        root = path[0]
        for found, parts in (
            (self._features.get(root), schema.feature),
            (self._sparse.get(root), schema.sparse_feature),
            (self._weighted.get(root), schema.weighted_feature),
        ):
            if found is not None:
                parts.add().CopyFrom(found)
        names = set(_domain_names(schema.feature))
        schema.string_domain.extend(self._domains[name] for name in names & self._domains.keys())
        schema.int_domain.extend(domain for domain in self.schema.int_domain if domain.name in names)
        schema.float_domain.extend(domain for domain in self.schema.float_domain if domain.name in names)
        return SchemaTree(schema)

    def feature(self, path: Path) -> schema_pb2.Feature | None:
        found = self._features.get(path[0])
        for step in path[1:]:
            if found is None or not found.HasField("struct_domain"):
                return None
            found = _named(found.struct_domain.feature, step)
        return found

    def sparse(self, path: Path) -> schema_pb2.SparseFeature | None:
        if len(path) == 1:
            return self._sparse.get(path[0])
        parent = self.feature(path[:-1])
        return None if parent is None or not parent.HasField("struct_domain") else _named(parent.struct_domain.sparse_feature, path[-1])

    def weighted(self, path: Path) -> schema_pb2.WeightedFeature | None:
        """Weighted features are at the top only."""
        return self._weighted.get(path[0]) if len(path) == 1 else None

    def has(self, path: Path) -> bool:
        return any(found is not None for found in (self.feature(path), self.sparse(path), self.weighted(path)))

    def is_retired(self, path: Path) -> bool:
        found = self.feature(path) or self.sparse(path)
        return found is not None and is_retired(found)

    def add(self, path: Path) -> schema_pb2.Feature:
        """A new feature; structs that should hold it and are not there are made."""
        if len(path) == 1:
            made = self.schema.feature.add(name=path[0])
            return self._features.setdefault(path[0], made)
        parent = self.feature(path[:-1])
        if parent is None:
            parent = self.add(path[:-1])
            parent.type = protos().schema.STRUCT
        return parent.struct_domain.feature.add(name=path[-1])

    def shared_domain(self, feature: schema_pb2.Feature) -> schema_pb2.StringDomain | schema_pb2.IntDomain | schema_pb2.FloatDomain | None:
        """The domain that the schema states once for several features, and that this one names: one that is of its type.

        Of whole numbers that is one of numbers, or of the texts that stand for the numbers of a categorical feature.
        """
        kind, found = feature_type(feature), None
        if kind in {"INT", "FLOAT"}:
            found = _named(self.schema.int_domain if kind == "INT" else self.schema.float_domain, feature.domain)
        return self._domains.get(feature.domain) if found is None and kind in {"BYTES", "INT"} else found

    def add_string_domain(self, wanted: str) -> schema_pb2.StringDomain:
        """A new domain of this name, or where it is taken of the first free one with a number behind."""
        name, number = wanted, 1
        while name in self._domains:
            number += 1
            name = f"{wanted}{number}"
        self._domains[name] = self.schema.string_domain.add(name=name)
        return self._domains[name]

    def drop_string_domain(self, name: str) -> None:
        """Take a domain from the schema and from every feature of it."""
        for feature in _descendants(self.schema.feature):
            if feature.HasField("domain") and feature.domain == name:
                drop_domain(feature)
        kept = [domain for domain in self.schema.string_domain if domain.name != name]
        del self.schema.string_domain[:]
        self.schema.string_domain.extend(kept)
        self._domains = _by_name(self.schema.string_domain)

    def in_environment(self, feature: schema_pb2.Feature, environment: str | None) -> bool:
        """Whether the feature is expected there; without an environment it always is."""
        if environment is None or environment in feature.in_environment:
            return True
        return environment not in feature.not_in_environment and environment in self.schema.default_environment

    def is_required(self, feature: schema_pb2.Feature, environment: str | None) -> bool:
        """Whether statistics without the feature are an anomaly."""
        if is_retired(feature) or (feature.presence.min_count <= 0 and feature.presence.min_fraction <= 0):
            return False
        return self.in_environment(feature, environment)

    def required(self, environment: str | None) -> list[Path]:
        """The paths of all that are required, those under a retired feature aside."""
        return list(self._required((), self.schema.feature, environment))

    def _required(self, prefix: Path, features: Iterable[schema_pb2.Feature], environment: str | None) -> Iterator[Path]:
        for feature in features:
            path = (*prefix, feature.name)
            if self.is_required(feature, environment):
                yield path
            if not is_retired(feature) and feature.HasField("struct_domain"):
                yield from self._required(path, feature.struct_domain.feature, environment)


def _by_name(messages: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for message in messages:
        found.setdefault(message.name, message)
    return found


def _named(messages: Iterable[Any], name: str) -> Any:
    return next((message for message in messages if message.name == name), None)


def _descendants(features: Iterable[schema_pb2.Feature]) -> Iterator[schema_pb2.Feature]:
    for feature in features:
        yield feature
        if feature.HasField("struct_domain"):
            yield from _descendants(feature.struct_domain.feature)


def _domain_names(features: Iterable[schema_pb2.Feature]) -> Iterator[str]:
    return (feature.domain for feature in _descendants(features) if feature.HasField("domain"))
