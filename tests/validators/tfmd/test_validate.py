"""What becomes of findings: texts, severities, what is looked at; and arguments that cannot be."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from featureprep.errors import ArgumentError
from featureprep.validators import tfmd
from tests.validators.tfmd.messages import dataset, feature, reasons, schema

_NAN = 'feature { name: "f" type: INT presence { min_fraction: nan } }'
_ODD: Any = [7]
_ODD_PAIRS: Any = [("NEW",)]
_HALF: Any = 1.5
_ERROR, _WARNING = anomalies_pb2.AnomalyInfo.ERROR, anomalies_pb2.AnomalyInfo.WARNING


def test_texts_of_several_reasons_are_joined() -> None:
    stated = schema('feature { name: "f" type: INT value_count { min: 2 max: 0 } presence { min_fraction: 2 } int_domain { max: 4 } }')
    info = tfmd.validate(dataset(feature("INT", ends=(3, 7), lengths=[(1, 9)])), stated).anomaly_info["f"]
    told = [reason.description for reason in info.reason if reason.description]
    assert len(info.reason) == 5
    assert info.description == " ".join(told)
    assert info.short_description == "Multiple errors"
    assert list(info.path.step) == ["f"]


def test_a_single_text_brings_its_title() -> None:
    stated = schema('feature { name: "f" type: INT presence { min_fraction: 2 } int_domain { max: 4 } }')
    info = tfmd.validate(dataset(feature("INT", ends=(3, 7))), stated).anomaly_info["f"]
    assert (info.description, info.short_description) == ("Unexpectedly large value: 7.", "Out-of-range values")
    stated = schema('feature { name: "f" type: INT presence { min_fraction: 2 } }')
    info = tfmd.validate(dataset(feature("INT")), stated).anomaly_info["f"]
    assert (info.description, info.short_description) == ("", "min_fraction should not greater than 1")


def test_nothing_found() -> None:
    data = dataset(feature("INT"))
    stated = tfmd.infer(data)
    found = tfmd.validate(data, stated)
    assert found == anomalies_pb2.Anomalies(baseline=stated, anomaly_name_format=anomalies_pb2.Anomalies.SERIALIZED_PATH)


def test_no_examples() -> None:
    stated = schema('feature { name: "f" type: INT presence { min_count: 1 } }')
    assert tfmd.validate(dataset(examples=0), stated) == anomalies_pb2.Anomalies(baseline=stated, data_missing=True)


@pytest.mark.parametrize(
    ("options", "severity"),
    [
        ({}, _ERROR),
        ({"new_features_are_warnings": True}, _WARNING),
        ({"new_features_are_warnings": True, "severity_overrides": [["SCHEMA_NEW_COLUMN", "ERROR"]]}, _ERROR),
        ({"severity_overrides": {"SCHEMA_NEW_COLUMN": "WARNING"}}, _WARNING),
        ({"severity_overrides": [("UNEXPECTED_DATA_TYPE", "WARNING")]}, _ERROR),
    ],
)
def test_severities(options: dict[str, Any], severity: int) -> None:
    found = tfmd.validate(dataset(feature("INT")), schema(""), **options)
    assert reasons(found) == {"f": ["SCHEMA_NEW_COLUMN"]}
    assert found.anomaly_info["f"].severity == severity


def test_the_gravest_reason_counts() -> None:
    stated = schema('feature { name: "f" type: INT value_count { max: 1 } int_domain { max: 4 } }')
    data = dataset(feature("INT", ends=(3, 7), lengths=[(1, 2)]))
    found = tfmd.validate(data, stated, severity_overrides={"INT_TYPE_BIG_INT": "WARNING"})
    assert found.anomaly_info["f"].severity == _ERROR
    lesser = {"INT_TYPE_BIG_INT": "WARNING", "FEATURE_TYPE_HIGH_NUMBER_VALUES": "UNKNOWN"}
    assert tfmd.validate(data, stated, severity_overrides=lesser).anomaly_info["f"].severity == _WARNING


@pytest.mark.parametrize("needed", [["g"], [("g",)], [["g"]]])
def test_features_that_nobody_needs_may_be_new(needed: Any) -> None:
    data = dataset(feature("INT"), feature("INT", name="g"))
    assert reasons(tfmd.validate(data, schema(""), features_needed=needed)) == {"g": ["SCHEMA_NEW_COLUMN"]}
    assert set(reasons(tfmd.validate(data, schema(""), features_needed=[]))) == {"f", "g"}, "none named is all, as in TFDV"


def test_one_feature_does_not_mend_for_another() -> None:
    stated = schema(
        'feature { name: "f" type: BYTES domain: "d" } feature { name: "g" type: BYTES domain: "d" } string_domain { name: "d" }'
    )
    data = dataset(*(feature("STRING", name=name, words={"a": 1}) for name in "fg"))
    before = stated.SerializeToString(deterministic=True)
    assert set(reasons(tfmd.validate(data, stated))) == {"f", "g"}
    assert stated.SerializeToString(deterministic=True) == before


def test_slices() -> None:
    slices = statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset(), dataset(feature("INT"))])
    slices.datasets[0].name, slices.datasets[1].name = "color_red", "All Examples"
    assert [made.name for made in tfmd.infer(slices).feature] == ["f"]
    assert reasons(tfmd.validate(slices, schema(""))) == {"f": ["SCHEMA_NEW_COLUMN"]}
    single = statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset(feature("INT"))])
    assert tfmd.infer(single) == tfmd.infer(single.datasets[0])
    slices.datasets[1].name = "color_blue"
    with pytest.raises(ArgumentError, match=r"the one named 'All Examples'. Got \['color_red', 'color_blue'\] instead"):
        tfmd.infer(slices)


def test_the_schema_is_transformed_in_order() -> None:
    def rename(made: schema_pb2.Schema, data: statistics_pb2.DatasetFeatureStatistics) -> schema_pb2.Schema:
        made.feature[0].name += str(data.num_examples)
        return made

    (made,) = tfmd.infer(dataset(feature("INT")), schema_transformations=[rename, rename]).feature
    assert made.name == "f1010"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: tfmd.infer({"a": 1}), "'statistics' parameter of tfmd.infer"),
        (lambda: tfmd.update(dataset(), dataset()), "'schema' parameter of tfmd.update"),
        (lambda: tfmd.validate(dataset(), None), "'schema' parameter of tfmd.validate"),
        (lambda: tfmd.validate(dataset(), schema(""), serving_statistics=schema("")), "'serving_statistics' parameter"),
        (lambda: tfmd.validate(dataset(), schema(""), severity_overrides=[("NEW", "ERROR")]), "reasons of AnomalyInfo.Type"),
        (lambda: tfmd.validate(dataset(), schema(""), severity_overrides={"UNKNOWN_TYPE": "BAD"}), "severities of"),
        (lambda: tfmd.validate(dataset(), schema(""), severity_overrides=_ODD_PAIRS), "pairs of a reason and a severity"),
        (lambda: tfmd.validate(dataset(), schema(""), features_needed=_ODD), "a name or a sequence of steps"),
        (lambda: tfmd.validate(dataset(), schema(""), features_needed="f"), "a name or a sequence of steps"),
        (lambda: tfmd.validate(dataset(), schema(_NAN)), "Got 'NaN as feature.presence.min_fraction' instead"),
        (lambda: tfmd.update(dataset(), schema(_NAN)), "NaN as feature"),
        (lambda: tfmd.infer(dataset(), max_string_domain_size=-1), "a whole number from 0"),
        (lambda: tfmd.update(dataset(), schema(""), max_string_domain_size=_HALF), "a whole number from 0"),
        (lambda: tfmd.infer(dataset(), schema_transformations=_ODD), "'schema_transformations' parameter"),
        (lambda: tfmd.infer(dataset(), schema_transformations=[lambda made, data: None]), "functions that give a Schema"),
    ],
)
def test_arguments_that_cannot_be(call: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        call()


def test_statistics_that_lie() -> None:
    """Figures no data has give anomalies or nothing, never a failure."""
    stats = feature(
        "INT",
        ends=(float("nan"), float("inf")),
        more="num_stats { common_stats { min_num_values: 18446744073709551615 max_num_values: 18446744073709551615 } }",
    )
    words = feature("STRING", name="g", words={"a": float("nan"), "b": float("inf"), "c": float("-inf")} | {"d": -1e308, "e": 1e308})
    data = dataset(stats, words, examples=1)
    stated = schema(
        'feature { name: "f" type: INT bool_domain { } value_count { max: 3 } } '
        'feature { name: "g" type: BYTES string_domain { } drift_comparator { infinity_norm { threshold: 0.1 } '
        "jensen_shannon_divergence { threshold: 0.1 } } }"
    )
    assert {"BOOL_TYPE_BIG_INT", "FEATURE_TYPE_HIGH_NUMBER_VALUES"} <= set(
        reasons(tfmd.validate(data, stated, previous_statistics=data))["f"]
    )
    tfmd.update(data, stated)
    tfmd.infer(data)


def test_without_the_extra_it_says_what_is_missing() -> None:
    code = (
        "import sys; sys.modules['tensorflow_metadata'] = None\n"
        "from featureprep.errors import MissingExtraError\nfrom featureprep.validators import tfmd\n"
        "for call in (tfmd.infer, tfmd.statistics):\n    try:\n        call([])\n    except MissingExtraError as error:\n        print(error.hint)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == "pip install 'featureprep[tfmd]'\n" * 2, done.stderr


def test_the_import_is_light() -> None:
    code = "import sys, featureprep.validators.tfmd; print([name for name in sys.modules if name.startswith(('google.', 'tensorflow'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == "[]\n", done.stderr
