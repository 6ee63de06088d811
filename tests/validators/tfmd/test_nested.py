"""Features in structs: by path or by names with dots, known and new."""

from __future__ import annotations

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from featureprep.errors import RequestError
from featureprep.validators import tfmd
from featureprep.validators.tfmd.paths import shown
from featureprep.validators.tfmd.view import DatasetView
from tests.validators.tfmd.messages import dataset, feature, reasons, schema


def _at(*path: str, kind: str = "INT") -> statistics_pb2.FeatureNameStatistics:
    stats = feature(kind)
    stats.path.step.extend(path)
    return stats


def test_names_with_dots_are_paths_under_structs_only() -> None:
    names = ["a", "a.b", "a.b.c.d", "a-b", "ab", "x.y"]
    kinds = ["STRUCT", "STRUCT", "INT", "INT", "INT", "INT"]
    view = DatasetView(dataset(*(feature(kind, name=name) for kind, name in zip(kinds, names, strict=True))))
    assert [each.path for each in view.features] == [("a",), ("a", "b"), ("a", "b", "c.d"), ("a-b",), ("ab",), ("x.y",)]
    assert [each.path for each in view.roots] == [("a",), ("a-b",), ("ab",), ("x.y",)]
    assert [each.path for each in view.features[0].children] == [("a", "b")]


def test_inferred() -> None:
    made = tfmd.infer(dataset(_at("a", "c"), _at("a", kind="STRUCT"), _at("a", "b", kind="STRING")))
    (struct,) = made.feature
    assert (struct.name, struct.type) == ("a", 4)
    assert [child.name for child in struct.struct_domain.feature] == ["b", "c"]
    assert reasons(tfmd.validate(dataset(_at("a", "c")), made)) == {"a": ["SCHEMA_MISSING_COLUMN"], "a.b": ["SCHEMA_MISSING_COLUMN"]}


def test_parents_without_statistics_are_made() -> None:
    (struct,) = tfmd.infer(dataset(_at("a", "b", "c"))).feature
    assert struct.struct_domain.feature[0].struct_domain.feature[0].name == "c"


def test_a_new_struct_is_one_anomaly() -> None:
    new = dataset(_at("a", kind="STRUCT"), _at("a", "b"))
    found = tfmd.validate(new, schema(""))
    assert reasons(found) == {"a": ["SCHEMA_NEW_COLUMN"]}
    assert list(found.anomaly_info["a"].path.step) == ["a"]
    stated = schema('feature { name: "a" type: STRUCT struct_domain { } }')
    assert reasons(tfmd.validate(new, stated)) == {"a.b": ["SCHEMA_NEW_COLUMN"]}


def test_below_another_type_nothing_is_checked() -> None:
    stated = schema('feature { name: "a" type: INT }')
    assert reasons(tfmd.validate(dataset(_at("a", kind="STRUCT"), _at("a", "b")), stated)) == {"a": ["UNEXPECTED_DATA_TYPE"]}


def test_below_a_retired_struct_nothing_is_required() -> None:
    stated = schema(
        'feature { name: "a" type: STRUCT deprecated: true struct_domain { feature { name: "b" type: INT presence { min_count: 1 } } } }'
    )
    assert reasons(tfmd.validate(dataset(_at("a", kind="STRUCT")), stated)) == {}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a", "b"), "a.b"),
        (("a.b",), "'a.b'"),
        (("it's", ""), "'it''s'.''"),
        (("(ext.x)",), "(ext.x)"),
        (("f(x)",), "'f(x)'"),
    ],
)
def test_paths_as_text(path: tuple[str, ...], text: str) -> None:
    assert shown(path) == text


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ((feature("INT"), feature("INT")), "the feature f twice"),
        ((_at("a"), feature("INT")), "some features of the statistics have a name and some have a path"),
        ((_at(*"a" * 41),), "a path of 41 steps"),
        ((feature("INT", name="", more="path { }"),), "a path of 0 steps"),
        ((feature("INT", more="type: 9"),), "f are of an unknown type, 9"),
    ],
)
def test_malformed_statistics(features: tuple[statistics_pb2.FeatureNameStatistics, ...], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        tfmd.infer(dataset(*features))


def test_deep_names() -> None:
    names = [".".join("a" * depth) for depth in range(1, 5000, 7)]
    with pytest.raises(RequestError, match="steps"):
        tfmd.infer(dataset(*(feature("STRUCT", name=name) for name in names)))
