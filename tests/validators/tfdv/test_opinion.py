"""TFDV as a second opinion: on real data it says what `tfmd` says; where it is not there or breaks, that is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pytest

from featureprep.errors import TypeMismatchError, WorldError
from featureprep.validators import tfmd
from featureprep.validators.tfdv.environment import VENV
from featureprep.validators.tfdv.opinion import opinion

pytest.importorskip("tensorflow_metadata", reason="the extra tfmd is not installed")

SPLITS = ("train", "eval", "serving")


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A TFDV whose Python only complains."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (VENV.folder() / "bin").mkdir(parents=True)
    program = VENV.folder() / "bin" / "python"
    program.write_text("#!/bin/sh\necho no wheel here >&2\nexit 3\n")
    program.chmod(0o755)
    (VENV.folder() / "installed").touch()


def test_without_tfdv_its_verb_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(WorldError, match="TFDV is not installed") as caught:
        opinion(pa.table({"a": [1]}))
    assert "featureprep doctor --tfdv" in str(caught.value.hint)


@pytest.mark.usefixtures("broken")
def test_what_it_breaks_with_is_told() -> None:
    with pytest.raises(WorldError, match="TFDV broke with exit code 3: no wheel here"):
        opinion(pa.table({"a": [1]}))


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("column", [pa.array([True]), pa.array([{"x": 1}]), pa.array([[[1]]]), pa.array([0], pa.timestamp("us"))])
def test_types_that_it_has_not_are_refused(column: pa.Array) -> None:
    with pytest.raises(TypeMismatchError, match="TFDV has no type for the column 'bad'"):
        opinion(pa.table({"bad": column}))


def installed() -> None:
    if VENV.python() is None:
        pytest.skip("TFDV is not installed here: featureprep doctor --tfdv")


@pytest.mark.soak  # each answer takes TensorFlow's import, 10 s
def test_every_kind_of_column_has_the_statistics_of_tfmd() -> None:
    installed()
    rows = pa.table(
        {
            "i": pa.array([1, None, 3, 3], pa.int16()),
            "f": pa.array([0.5, None, float("nan"), 2.0]),
            "s": pa.chunked_array([["a", None], ["b", "a"]]),
            "d": pa.array(["x", "y", None, "x"]).dictionary_encode(),
            "l": pa.array([[1, 2], None, [], [3]]),
            "none": pa.array([None] * 4, pa.string()),
        }
    )
    theirs = opinion(rows)
    assert theirs.anomalies is None
    ours = tfmd.infer(tfmd.statistics([rows]))
    assert described(theirs.schema) == described(ours)
    assert [f.path.step[0] for f in theirs.statistics.datasets[0].features if f.HasField("num_stats")] == ["i", "f", "l"]


@pytest.mark.soak
def test_taxi_has_the_anomalies_that_tfdv_finds() -> None:
    """Train, eval and serving, against the schema of train, with the changes that TFDV's tutorial makes."""
    installed()
    if "FEATUREPREP_DATA" not in os.environ:
        pytest.skip("FEATUREPREP_DATA is not set: no real data here")
    folder = Path(os.environ["FEATUREPREP_DATA"]) / "chicago-taxi" / "tfdv_splits"
    nulls = pa.csv.ConvertOptions(strings_can_be_null=True, null_values=[""])
    rows = {name: pa.csv.read_csv(folder / f"{name}.csv", convert_options=nulls) for name in SPLITS}
    for name, table in rows.items():  # what a split has no value of is of no type there
        rows[name] = table.cast(pa.schema([(f.name, pa.int64() if f.type == pa.null() else f.type) for f in table.schema]))
    statistics = {name: tfmd.statistics([table]) for name, table in rows.items()}
    schema = tfmd.infer(statistics["train"])
    assert described(opinion(rows["train"]).schema) == described(schema)
    features = {feature.name: feature for feature in schema.feature}
    schema.default_environment.extend(["TRAINING", "SERVING"])
    features["tips"].not_in_environment.append("SERVING")
    features["company"].distribution_constraints.min_domain_mass = 0.9
    features["company"].drift_comparator.infinity_norm.threshold = 0.001
    features["payment_type"].skew_comparator.infinity_norm.threshold = 0.01
    found = {}
    for name in SPLITS:
        against: dict[str, Any] = {"environment": "SERVING" if name == "serving" else "TRAINING"}
        theirs = opinion(rows[name], schema, previous=statistics["train"], serving=statistics["serving"], **against)
        ours = tfmd.validate(
            statistics[name], schema, previous_statistics=statistics["train"], serving_statistics=statistics["serving"], **against
        )
        assert told(theirs.anomalies) == told(ours)
        found[name] = sorted(told(ours))
    assert found["eval"] == ["company", "payment_type"]


def described(schema: Any) -> dict[str, str]:
    """A schema without the order of its features: ours ascend by name, TFDV's are in none."""
    return {f.name: str(f) for f in schema.feature} | {f"domain {d.name}": str(d) for d in schema.string_domain}


def told(anomalies: Any) -> dict[str, list[tuple[int, str]]]:
    return {name: [(reason.type, reason.description) for reason in one.reason] for name, one in anomalies.anomaly_info.items()}
