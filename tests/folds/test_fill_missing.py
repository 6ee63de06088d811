"""f(impute(x)) follows from f(x): for every fold that says so."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.folds.base import Fold
from featureprep.folds.counts import NullCounts, RowCount, TextLengths
from featureprep.folds.extremes import MinMax
from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Quantiles, Runs
from featureprep.folds.value_counts import ValueCounts


def view(result: Any) -> Any:
    if isinstance(result, Quantiles):
        return result.n, result.nulls, result.nans, result.infs, [result.order_statistic(k) for k in range(result.n)]
    return result


@pytest.mark.parametrize(
    "fold", [Moments(), Runs(), ValueCounts(), MinMax(), NullCounts(), RowCount(), TextLengths()], ids=lambda f: f.name
)
@settings(max_examples=40)
@given(data=st.data())
def test_a_filled_state_is_the_state_of_the_filled_column(fold: Fold, data: Any, arrays: Any, as_bits: Any) -> None:
    text = isinstance(fold, TextLengths)
    dtype, value = (pa.string(), "é") if text else (pa.float64(), data.draw(st.floats(allow_nan=False)))
    array = data.draw(arrays(dtype))
    filled = pa.array([value if v is None or v != v else v for v in array.to_pylist()], dtype)
    assert fold.derivable
    state = fold.update(fold.init(), array)
    derived = as_bits(view(fold.finish(fold.fill_missing(state, value))))
    assert derived == as_bits(view(fold.finish(fold.update(fold.init(), filled))))
    # the state itself is left as it is
    assert as_bits(view(fold.finish(state))) == as_bits(view(fold.finish(fold.update(fold.init(), array))))
