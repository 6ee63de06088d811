from __future__ import annotations

import pytest

from featureprep.errors import ArgumentError
from featureprep.validators import tfmd
from tests.validators.tfmd.messages import dataset, feature, reasons, schema

_ENVIRONMENTS = 'default_environment: "TRAINING" default_environment: "SERVING"'


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("", {"TRAINING", "SERVING"}),
        ('not_in_environment: "SERVING"', {"TRAINING"}),
        ('not_in_environment: "SERVING" in_environment: "SERVING"', {"TRAINING", "SERVING"}),
    ],
)
@pytest.mark.parametrize("environment", ["TRAINING", "SERVING"])
def test_a_feature_is_required_where_it_is_expected(where: str, expected: set[str], environment: str) -> None:
    stated = schema(f'feature {{ name: "f" type: INT presence {{ min_count: 1 }} {where} }} {_ENVIRONMENTS}')
    absent = tfmd.validate(dataset(feature("INT", name="g")), stated, environment=environment, features_needed=[["f"]])
    present = tfmd.validate(dataset(feature("INT")), stated, environment=environment)
    assert reasons(absent) == ({"f": ["SCHEMA_MISSING_COLUMN"]} if environment in expected else {})
    assert reasons(present) == ({} if environment in expected else {"f": ["SCHEMA_NEW_COLUMN"]})


def test_without_an_environment_all_are_required() -> None:
    stated = schema(f'feature {{ name: "f" type: INT presence {{ min_count: 1 }} not_in_environment: "SERVING" }} {_ENVIRONMENTS}')
    assert reasons(tfmd.validate(dataset(), stated)) == {"f": ["SCHEMA_MISSING_COLUMN"]}


def test_an_environment_that_the_schema_does_not_have() -> None:
    with pytest.raises(ArgumentError, match=r"'environment' parameter of tfmd.validate must be one of \['SERVING', 'TRAINING'\]"):
        tfmd.validate(dataset(), schema(_ENVIRONMENTS), environment="SERVNG")
