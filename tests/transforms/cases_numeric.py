"""The numeric transforms beside those of `cases`."""

# ruff: noqa: PLW0108  (a lambda with **p says that a case takes policies)

from __future__ import annotations

from featureprep import transforms as T
from featureprep.expr.expression import Expr, col
from tests.transforms.case import a_case

KEY_POLICIES = ("null", "error", "quarantine")


def _key() -> Expr:
    """A key that is never missing, of few values, one of which is seen seldom."""
    return T.impute("s", "constant", value="none").str.slice(0, 1)


CASES = [
    a_case("robust_scale", "number", lambda x, **p: T.robust_scale(x, **p), value=2),
    a_case("robust_scale of impute", "number", lambda x: T.robust_scale(T.impute(x)), kept="filled"),
    a_case("max_abs_scale", "number", lambda x, **p: T.max_abs_scale(x, **p), value=2),
    a_case("clip_outliers iqr", "number", lambda x, **p: T.clip_outliers(x, **p), value=2),
    a_case("clip_outliers quantile", "number", lambda x, **p: T.clip_outliers(x, "quantile", quantile_range=(0.25, 0.5), **p), value=2),
    a_case("clip_outliers z", "number", lambda x, **p: T.clip_outliers(x, "z", factor=0.5, **p), value=2),
    a_case("binarize", "number", lambda x, **p: T.binarize(x, **p), value=2),
    a_case("quantile_transform", "number", lambda x, **p: T.quantile_transform(x, **p), value=2),
    a_case("quantile_transform normal", "number", lambda x, **p: T.quantile_transform(x, 5, output="normal", **p), value=2),
    a_case(
        "polynomial",
        "number",
        lambda x, **p: T.polynomial(x, T.clip_outliers(x, "z", **p), degree=3, malformed="null", **p),
        kept="nan",
        value=2,
    ),
    a_case("polynomial, malformed is an error", "number", lambda x: T.polynomial(x, T.impute(x), malformed="error"), kept="nan"),
    a_case("polynomial of one", "number", lambda x: T.polynomial(x, include_bias=True, degree=5), kept="nan"),
    a_case(
        "polynomial interactions",
        "number",
        lambda x: T.polynomial(x, T.binarize(x), col("s").str.len(), interaction_only=True, malformed="null"),
        kept="nan",
    ),
    a_case("standard_scale by", "number", lambda x, **p: T.standard_scale(x, by=_key(), **p), value=2, unknown=KEY_POLICIES),
    a_case("standard_scale by two", "number", lambda x, **p: T.standard_scale(x, by=[_key(), _key().str.len()], **p), unknown=KEY_POLICIES),
    a_case("min_max_scale by", "number", lambda x, **p: T.min_max_scale(x, low=-1, by=_key(), **p), value=2, unknown=KEY_POLICIES),
    a_case("min_max_scale by, overall", "number", lambda x: T.min_max_scale(x, by=[_key(), _key()], unknown="overall")),
    a_case("max_abs_scale by", "number", lambda x, **p: T.max_abs_scale(x, by=_key(), **p), value=2, unknown=KEY_POLICIES),
    a_case("robust_scale by", "number", lambda x, **p: T.robust_scale(x, by=_key(), **p), value=2, unknown=KEY_POLICIES),
    a_case("robust_scale by, overall", "number", lambda x, **p: T.robust_scale(x, by=_key(), unknown="overall", **p)),
]
