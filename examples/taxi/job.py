"""Chicago taxi: will the passenger tip more than a fifth of the fare? README.md tells where the preparation comes from.

To run it: FEATUREPREP_DATA=<folder> featureprep run examples/taxi/job.py --store store
"""

from __future__ import annotations

import os
from pathlib import Path

import featureprep as fp
from featureprep import transforms as T
from featureprep.errors import RequestError


def data() -> Path:
    """The folder chicago-taxi/tfdv_splits of $FEATUREPREP_DATA."""
    folder = os.environ.get("FEATUREPREP_DATA")
    if not folder:
        raise RequestError(
            "FEATUREPREP_DATA is not set, so there are no taxi trips to read",
            hint="the trips are published in the repository tensorflow/data-validation, examples/chicago_taxi/data (in its history: "
            "train.csv, eval.csv, serving.csv), and in tensorflow/tfx, tfx/examples/chicago_taxi_pipeline/data/simple/data.csv: put the "
            "files into <folder>/chicago-taxi/tfdv_splits and set FEATUREPREP_DATA=<folder>. `make demo` needs no data",
        )
    return Path(folder).absolute() / "chicago-taxi" / "tfdv_splits"


def filled(column: str) -> fp.Expr:
    """A number, 0 where it is missing."""
    return T.impute(column, "constant", value=0)


def z_score(column: str) -> fp.Expr:
    """Mean 0 and standard deviation 1; what is missing counts as 0, in the fit too."""
    return T.standard_scale(column, missing=0)


def ten_buckets(column: str) -> fp.Expr:
    """The tenth of the fitted trips that a coordinate lies in; what is missing counts as 0, in the fit too."""
    return T.bucketize(column, 10, missing=0)


def vocabulary_id(column: str) -> fp.Expr:
    """One of the 1000 most frequent texts, else one of ten buckets: the bucket TensorFlow's fingerprint gives. Missing is a text, ''."""
    return T.vocabulary(column, top_k=1000, oov_buckets=10, hash="farm", missing="")


@fp.job(
    # no split: train.csv and eval.csv are one already, and everything in train.csv is learned from
    sources={"trips": fp.read_csv(data() / "train.csv")},
    contract="contract.yaml",
)
def taxi(trips: fp.Table) -> fp.Table:
    """Features of a trip, and whether the tip is above 20 % of the fare."""
    return trips.features(
        trip_miles=z_score("trip_miles"),
        fare=z_score("fare"),
        trip_seconds=z_score("trip_seconds"),
        pickup_latitude=ten_buckets("pickup_latitude"),
        pickup_longitude=ten_buckets("pickup_longitude"),
        dropoff_latitude=ten_buckets("dropoff_latitude"),
        dropoff_longitude=ten_buckets("dropoff_longitude"),
        payment_type=vocabulary_id("payment_type"),
        company=vocabulary_id("company"),
        trip_start_hour=T.one_hot("trip_start_hour", categories=range(24)),
        trip_start_day=T.one_hot("trip_start_day", categories=range(1, 8)),
        trip_start_month=T.one_hot("trip_start_month", categories=range(1, 13)),
        pickup_census_tract=filled("pickup_census_tract"),
        dropoff_census_tract=filled("dropoff_census_tract"),
        pickup_community_area=filled("pickup_community_area"),
        dropoff_community_area=filled("dropoff_community_area"),
        label=fp.label((filled("tips") > filled("fare") * 0.2).cast("int64")),
    )
