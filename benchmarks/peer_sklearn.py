"""The peer of `benchmarks.job` in scikit-learn: a ColumnTransformer over a pandas frame. It writes nothing.

The features are the job's but for what scikit-learn does otherwise: OneHotEncoder and OrdinalEncoder number values in their order
instead of by count, a missing text is the last category, and all columns are float32 of one matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, StandardScaler

from benchmarks.data import BUCKETIZED, NUMERIC, ONE_HOT, TIMESTAMP, VOCABULARIES

BUCKETS = 10


def run(folder: Path | str) -> tuple[ColumnTransformer, np.ndarray[Any, np.dtype[np.float32]]]:
    """Read the Parquet files of `folder`, fit on them, transform them: the fitted transformer and the features, shape (rows, 26)."""
    frame = pd.read_parquet(folder)
    transformer = make_transformer()
    return transformer, transformer.fit_transform(frame).astype(np.float32, copy=False)


def make_transformer() -> ColumnTransformer:
    """The transformer, not fitted."""
    return ColumnTransformer(
        [
            ("scaled", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), list(NUMERIC)),
            (
                "bucketized",
                # every row counts (the default looks at 200,000), quantiles of type 7 as everywhere here
                KBinsDiscretizer(BUCKETS, encode="ordinal", quantile_method="linear", subsample=None, dtype=np.float32),
                list(BUCKETIZED),
            ),
            ("one-hot", OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32), list(ONE_HOT)),
            ("ids", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32), list(VOCABULARIES)),
            ("dates", FunctionTransformer(date_parts), [TIMESTAMP]),
        ]
    )


def date_parts(frame: pd.DataFrame) -> pd.DataFrame:
    """Month, weekday (Monday 0) and hour, float32."""
    at = frame[TIMESTAMP].dt
    return pd.DataFrame({"month": at.month, "weekday": at.weekday, "hour": at.hour}, dtype=np.float32)


def one_row(transformer: ColumnTransformer, row: Mapping[str, Any]) -> np.ndarray[Any, np.dtype[Any]]:
    """The features of one request, shape (1, 26)."""
    features: np.ndarray[Any, np.dtype[Any]] = transformer.transform(pd.DataFrame([row]))
    return features
