"""Which scans a job needs: algebra saves those that a filling would force."""

from __future__ import annotations

import pyarrow as pa
import pytest

from featureprep import Expr, col, when
from featureprep import transforms as T
from featureprep.run.levels import guards, plan_fit

SCHEMA = pa.schema([("x", pa.float64()), ("i", pa.int64()), ("s", pa.string())])


def scans(*features: Expr) -> int:
    return plan_fit([f.node for f in features], SCHEMA, "error").scans


@pytest.mark.parametrize(
    "feature, expected",
    [
        (col("x") + 1, 0),
        (T.standard_scale("x"), 1),
        (T.standard_scale(T.impute("x", "median")), 1),
        (T.standard_scale(T.impute("x", "constant", value=0)), 1),
        (T.standard_scale(T.log1p("x")), 1),
        (T.bucketize(T.standard_scale("x"), 3), 2),
        (T.min_max_scale(T.bucketize(T.standard_scale("x"), 3)), 3),
        (T.assemble(a=T.standard_scale("x"), b=T.min_max_scale("i")), 1),
        (T.tf_idf(T.tokenize("s")), 1),
        (T.vocabulary("s", oov_buckets=2), 1),
        (when(col("i") > 0).then(T.standard_scale("x")).otherwise(T.impute("x", "mean")), 1),
    ],
)
def test_scans_of_one_feature(feature: Expr, expected: int) -> None:
    assert scans(feature) == expected


def test_features_share_their_scans() -> None:
    assert scans(T.standard_scale("x"), T.vocabulary("s"), T.bucketize("i", 3), T.one_hot("s")) == 1
    assert scans(T.standard_scale("x"), T.bucketize(T.standard_scale("x"), 3), T.bucketize(T.min_max_scale("i"), 3)) == 2


def test_equal_folds_are_taken_once() -> None:
    plan = plan_fit([T.vocabulary("s").node, T.vocabulary("s", top_k=3).node, T.one_hot("s").node], SCHEMA, "error")
    assert len({item.id for item in plan.items(0)}) == len(plan.items(0)) <= 2


def test_guards_are_the_largest_row_wise_parts_that_can_reject() -> None:
    feature = T.standard_scale(col("x").sqrt(malformed="quarantine") + 1.0)
    plan = plan_fit([feature.node], SCHEMA, "null")
    (guard,) = guards([feature.node], plan, SCHEMA, "null")
    assert guard.op == "add"
    harmless = T.standard_scale(col("x") + 1.0)
    assert guards([harmless.node], plan_fit([harmless.node], SCHEMA, "null"), SCHEMA, "null") == []
