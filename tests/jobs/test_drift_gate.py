"""The gate over the taxi rides: each month against the one before it, by the statistics that were kept of that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import featureprep as fp
from featureprep import canonical
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.baseline import Kept
from featureprep.jobs.stats import source_statistics
from featureprep.jobs.validate import validate
from featureprep.validators.contract_yaml import load_contract

CONTRACT = """
columns:
  vendor_id: int64
  passenger_count: int64
  trip_distance: float64
  store_and_fwd_flag: string
  pickup_location_id: int64
  payment_type: int64
  fare_amount: float64
  extra: float64
  tip_amount: float64
  total_amount: float64
  congestion_surcharge: float64
drift: {jensen_shannon: 0.05, kolmogorov_smirnov: 0.1, linf: 0.05}
extra_columns: allow
"""
CALM = ("2019-07", "2019-08", "2019-09", "2019-10", "2019-11", "2019-12", "2020-01", "2020-02", "2020-03")


@pytest.fixture(scope="module")
def drifted() -> dict[str, set[str]]:
    """The columns that drifted from the month before, by month."""
    root = os.environ.get("FEATUREPREP_DATA")
    if not root:
        pytest.skip("FEATUREPREP_DATA is not set: the taxi rides are not here")
    files = sorted((Path(root) / "nyc-taxi-yellow").glob("yellow_tripdata_sample_20??-??.csv"))
    if not files:
        pytest.skip("FEATUREPREP_DATA has no nyc-taxi-yellow")
    contract, engine = load_contract(CONTRACT), PandasEngine()
    found: dict[str, set[str]] = {}
    before: Any = None
    for file in files:
        month = file.stem[-7:]
        rides = {"rides": fp.read_csv(str(file))}
        if before is not None:
            outcomes = validate(rides, contract, None, engine, reference=before).outcomes
            found[month] = {str(o.column) for o in outcomes if o.check == "drift" and str(o.status) == "failed"}
        kept = canonical.dumps(source_statistics(rides, None, engine, contract=contract, shapes=True))
        before = Kept(month, canonical.loads(kept)["sources"])
    return found


def test_what_changed_is_told(drifted: dict[str, set[str]]) -> None:
    # the surcharge of 2019, and the first month of the pandemic
    assert {"congestion_surcharge", "extra", "total_amount"} <= drifted["2019-02"]
    assert {"passenger_count", "payment_type", "tip_amount", "pickup_location_id"} <= drifted["2020-04"]
    assert "fare_amount" not in drifted["2019-02"]


def test_calm_months_raise_no_alarm(drifted: dict[str, set[str]]) -> None:
    assert {month: drifted[month] for month in CALM} == {month: set() for month in CALM}
