"""Graphs to try things on: fitted on a few generated rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

import featureprep as fp
from featureprep import coalesce, col, lit, when
from featureprep import transforms as T
from featureprep.jobs.definition import Job

ROWS: list[dict[str, Any]] = [
    {"age": 20 + i, "pay": None if i % 5 == 0 else i * 1.5, "city": ["Oslo", "Bergen", "Tromsø"][i % 3], "born": dt.date(1990 + i, 1 + i, 1 + i),
     "at": dt.datetime(2024, 1, 1 + i, i), "ok": i % 2 == 0, "tags": ["a", "b"][: i % 3], "text": f"some Words {i % 4}", "n": str(i)}
    for i in range(12)
]  # fmt: skip
SCHEMA = pa.schema(
    [("age", pa.int16()), ("pay", pa.float64()), ("city", pa.string()), ("born", pa.date32()), ("at", pa.timestamp("us")), ("ok", pa.bool_()),
     ("tags", pa.list_(pa.string())), ("text", pa.string()), ("n", pa.string())]
)  # fmt: skip
CITIES = pa.table({"city": ["Oslo", "Bergen"], "people": [700_000, 290_000], "name": ["capital", None]})


def added_in_v2() -> dict[str, Any]:
    """The transforms that the second corpus has beside those of the first."""
    page = col("city").map_values({"Oslo": "https://shop.example.com/a", "Bergen": "http://example.org:80"}, default="no address")
    vector = T.assemble("age", T.impute("pay"))
    return {
        "standard_by": T.standard_scale("age", by="city"),
        "min_max_by": T.min_max_scale("age", by=["city", "ok"], unknown="overall"),
        "max_abs": T.max_abs_scale("pay"),
        "max_abs_by": T.max_abs_scale("pay", by="ok"),
        "robust": T.robust_scale("age"),
        "robust_by": T.robust_scale("age", by="city", unknown="overall"),
        "clipped": T.clip_outliers("pay", "quantile", quantile_range=(0.25, 0.75)),
        "over": T.binarize("age", threshold=25.0),
        "ranked": T.quantile_transform("age", 5, output="normal"),
        "poly": T.polynomial("age", T.impute("pay"), degree=2),
        "ordinal": T.ordinal("city"),
        "ordinal_given": T.ordinal("city", ["Bergen", "Oslo"]),
        "count": T.count_encode("city", normalize=True),
        "rare": T.rare_label("city", top_k=2, label="other"),
        "crossed": T.cross("city", "ok"),
        "hash_crossed": T.hash_cross("city", "ok", buckets=16, seed=2),
        "many": T.multi_hot("tags"),
        "many_given": T.multi_hot("tags", categories=["b", "z"], sparse=True),
        "grams": T.ngrams(T.tokenize("text"), (1, 2)),
        "counts": T.count_vector(T.tokenize("text"), top_k=3),
        "hashed_words": T.hashing_tf(T.tokenize("text"), buckets=8),
        "flags": T.regex_flags("text", {"some": "^some", "three": "3$"}),
        "domains": T.url_domains(page),
        "hour": T.cyclic("at", part="hour"),
        "since": T.elapsed("at", since="born", unit="day"),
        "holiday": T.holidays("at", [dt.date(2024, 1, 1), dt.date(2024, 1, 6)], what="days_to"),
        "normed": T.l2_normalize(vector),
    }


def everything(main: fp.Table, cities: fp.Table) -> fp.Table:
    """Every transform, and every family of expressions."""
    main = main.filter(col("age") >= 18, name="of age").quarantine(when=col("pay") > 1e6, reason="too rich")
    main = main.join(cities, on="city", how="left", serve="embed")
    return main.features(
        standard=T.standard_scale(T.impute("pay", "median")),
        scaled=T.min_max_scale("age", low=-1.0),
        filled=T.impute("city", "most_frequent"),
        mean=T.impute("pay", "mean"),
        constant=T.impute("pay", "constant", value=0.0),
        missing=T.impute("pay", "indicator"),
        bucket=T.bucketize("pay", 3),
        uniform=T.bucketize("age", 4, method="uniform"),
        given=T.bucketize("age", edges=[21.0, 30.0]),
        log=T.log1p("pay", missing=0.0),
        word=T.vocabulary("city", top_k=2, oov_buckets=1),
        farm=T.vocabulary("city", min_count=2, oov_buckets=3, hash="farm"),
        onehot=T.one_hot("city"),
        sparse=T.one_hot("city", top_k=2, sparse=True),
        categories=T.one_hot("ok", categories=[True, False]),
        hashed=T.hash_bucket("city", 10, seed=1),
        murmur=T.hash_bucket("city", 10, hash="murmur3"),
        parts=T.date_parts("at", ["year", "month", "weekday", "hour"]),
        day=T.date_parts("born", "day_of_year"),
        tokens=T.tokenize("text", stop_words=["some"]),
        tfidf=T.tf_idf(T.tokenize("text")),
        vector=T.assemble(T.standard_scale("age"), "pay", "ok"),
        **added_in_v2(),
        people=T.standard_scale("people"),
        capital=col("name").is_null(),
        number=col("n").cast("int64", malformed="null") * 2 - 1,
        ratio=(col("pay") / (col("age") - 20)).clip(0.0, 5.0).round(2),
        power=(col("pay") ** 2).sqrt() + col("pay").exp().log(),
        which=when(col("ok")).then("yes").when(col("age") % 2 == 1).then("odd").otherwise(col("city").str.upper()),
        mapped=col("city").map_values({"Oslo": 1, "Bergen": 2}, default=0),
        member=col("city").is_in(["Oslo"]) & ~(col("age") < 25) | col("ok"),
        words=col("text").str.replace("Words", "w").str.strip().str.slice(0, 6),
        found=col("text").str.extract(r"(\d)").cast("float64", malformed="null"),
        epoch=col("at").dt.to_epoch(),
        local=col("at").dt.to_local("Europe/Oslo").dt.hour(),
        between=col("at").dt.diff(col("born")),
        length=col("tags").list.len(),
        joined=coalesce(col("tags").list.join("-"), lit("none")),
        first=col("tags").list.get(0),
        label=fp.label((col("pay") > 6).cast("int8")),
        weight=fp.weight(coalesce(col("pay"), 1.0)),
        keep=["n", "born"],
    )


def job_of_everything() -> Job:
    sources = {"main": fp.from_arrow(pa.Table.from_pylist(ROWS, SCHEMA)), "cities": fp.from_arrow(CITIES)}
    return fp.job(sources=sources, name="everything", malformed="quarantine")(everything)
