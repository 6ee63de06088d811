"""What is kept of columns as TFMD statistics: the same figures as those of the columns, where all values are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import featureprep as fp
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.stats import source_statistics
from featureprep.validators import tfmd
from featureprep.validators.drift.baseline import baseline_of
from featureprep.validators.drift.pooling import pooled
from featureprep.validators.tfmd.from_shapes import statistics_of_shapes

pytest.importorskip("tensorflow_metadata", reason="the extra tfmd is not installed")

RNG = np.random.default_rng(3)
ROWS = pa.table(
    {
        "days": RNG.integers(1, 32, 5000),
        "few": [None if i % 9 == 0 else i % 700 / 3 for i in range(5000)],
        "one": [2.5] * 5000,
        "nan": [float("nan") if i % 5 == 0 else i % 10 / 2 for i in range(5000)],
        "word": [None if i % 7 == 0 else f"w{i % 30}" for i in range(5000)],
        "yes": [None if i % 11 == 0 else i % 3 == 0 for i in range(5000)],
        "none": pa.nulls(5000, pa.float64()),
        "long": RNG.lognormal(0, 2, 5000),
    }
)


def shapes_of(rows: pa.Table) -> Any:
    kept = source_statistics({"t": fp.from_arrow(rows)}, None, PandasEngine(), shapes=True)["sources"]["t"]
    return baseline_of(kept, "t", rows.column_names).shapes


def features(statistics: Any) -> dict[str, Any]:
    return {feature.path.step[0]: feature for feature in statistics.datasets[0].features}


def test_the_same_figures_as_those_of_the_columns() -> None:
    types = {field.name: field.type for field in ROWS.schema}
    found, exact = features(statistics_of_shapes(shapes_of(ROWS), types)), features(tfmd.statistics([ROWS]))
    assert found.keys() == exact.keys()
    for name, feature in found.items():
        other = exact[name]
        assert feature.type == other.type
        if name == "word":
            ranks = [{b.label: b.sample_count for b in each.string_stats.rank_histogram.buckets} for each in (feature, other)]
            assert ranks[0] == ranks[1]  # of equally frequent values TFDV has the largest first
            assert feature.string_stats.unique == other.string_stats.unique
            ours, theirs = feature.string_stats.common_stats, other.string_stats.common_stats
        else:
            ours, theirs = feature.num_stats.common_stats, other.num_stats.common_stats
            if name not in ("long", "none"):
                assert feature.num_stats.histograms[0] == other.num_stats.histograms[0]
        assert (ours.num_non_missing, ours.num_missing, ours.tot_num_values) == (
            theirs.num_non_missing, theirs.num_missing, theirs.tot_num_values,
        )  # fmt: skip


def distance(previous: Any, current: Any, name: str) -> float:
    schema = tfmd.infer(current)
    for feature in schema.feature:
        if feature.name == name:
            feature.drift_comparator.jensen_shannon_divergence.threshold = 0.0
    (info,) = (one for one in tfmd.validate(current, schema, previous_statistics=previous).drift_skew_info if one.path.step[0] == name)
    return float(info.drift_measurements[0].value)


@pytest.mark.parametrize("name", ["days", "few", "nan", "yes", "long", "word"])
def test_drift_from_them_is_that_from_the_columns(name: str) -> None:
    types = {field.name: field.type for field in ROWS.schema}
    now = tfmd.statistics([ROWS.slice(0, 900)])
    expected = distance(tfmd.statistics([ROWS]), now, name)
    assert distance(statistics_of_shapes(shapes_of(ROWS), types), now, name) == pytest.approx(
        expected, abs=0.002 if name == "long" else 1e-12
    )
    halves = [shapes_of(ROWS.slice(0, 2000)), shapes_of(ROWS.slice(2000))]
    together = {column: pooled([half[column] for half in halves]) for column in ROWS.column_names}
    found = distance(statistics_of_shapes({c: s for c, s in together.items() if s is not None}, types), now, name)
    assert found == pytest.approx(expected, abs=0.005 if name in ("few", "long") else 1e-12)
