"""Six months of taxi trips: will the passenger tip more than a fifth of the fare?

    featureprep run examples/demo/job.py --store demo/store

`make demo` makes the data first: `examples/demo/generate.py` writes it, with flaws, to the folder `demo` of this checkout.
"""

from __future__ import annotations

import featureprep as fp
from featureprep import col
from featureprep import transforms as T


@fp.job(
    # a line with too few or too many cells is set aside and told, the rest is read
    sources={"trips": fp.read_csv("../../demo/trips/*.csv", on_error="quarantine")},
    contract="contract.yaml",
    # a trip is always in the same part, whatever columns come or go
    split=fp.split(train=0.8, eval=0.2, by="trip_id"),
)
def trips(trips: fp.Table) -> fp.Table:
    """Features of a trip, and whether the tip is above 20 % of the fare."""
    trips = trips.drop_duplicates()
    trips = trips.filter(col("miles").is_null() | (col("miles") <= 40), name="within the region")
    trips = trips.filter(col("payment_type").is_not_null(), name="paid in a known way")
    trips = trips.with_columns(
        payment=col("payment_type").str.strip().str.lower(),
        speed=col("miles") / (col("seconds") / 3600),  # miles an hour
    )
    trips = trips.quarantine(when=col("speed") > 30, reason="faster than 30 miles an hour")
    time = T.date_parts("started", ["hour", "weekday"])
    return trips.features(
        miles=T.standard_scale(T.impute("miles", "median")),
        minutes=T.log1p(T.impute(col("seconds") / 60, "mean")),
        speed=T.min_max_scale("speed", missing=15.0),
        no_dropoff=T.impute("dropoff_area", "indicator"),
        fare=T.bucketize("fare", 10),
        payment=T.one_hot("payment"),
        company=T.vocabulary("company", top_k=15, oov_buckets=3, missing=""),
        company_words=T.tf_idf(T.tokenize("company", missing=""), max_features=30),
        route=T.hash_bucket(col("pickup_area") * 1000 + col("dropoff_area"), 256, missing=0),
        time=time,
        vector=T.assemble("fare", time=time, payment=T.one_hot("payment")),
        label=fp.label((col("tips") > col("fare") * 0.2).cast("int8")),
        keep=["trip_id"],
    )
