"""pyspark.pandas sets PYARROW_IGNORE_TIMEZONE, by which Arrow leaves out the zones of Python's moments: no result of ours may change by it."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

import featureprep as fp
from featureprep.errors import TypeMismatchError
from featureprep.expr.literal import scalar_as
from featureprep.expr.rowvalues import input_converter, of_python
from featureprep.io.frames import pandas_table

AT = dt.datetime(1970, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))


@pytest.fixture(autouse=True)
def ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYARROW_IGNORE_TIMEZONE", "1")


def test_moments_of_literals_and_rows() -> None:
    assert scalar_as(AT, pa.timestamp("us"), "missing=").value == 0
    assert scalar_as([AT, None], pa.list_(pa.timestamp("us")), "missing=").as_py() == [dt.datetime(1970, 1, 1), None]
    beyond = 2**62  # of no year that Python has: shown as a number
    assert of_python([AT, None, beyond], pa.timestamp("us", "Europe/Paris")).cast(pa.int64()).to_pylist() == [0, None, beyond]
    assert of_python([{"x": [AT]}], pa.struct([("x", pa.list_(pa.timestamp("us")))])).to_pylist() == [{"x": [dt.datetime(1970, 1, 1)]}]
    assert input_converter(pa.timestamp("us"))(AT) == 0
    assert input_converter(pa.list_(pa.timestamp("us")))([AT]) == [0]
    assert fp.lit(AT).node.op == "lit"


def test_a_frame_of_such_objects_is_refused_with_the_cure() -> None:
    frame = pd.DataFrame({"at": pd.Series([AT, None], dtype=object)})
    with pytest.raises(TypeMismatchError, match="zones") as error:
        pandas_table(frame)
    assert "utc=True" in str(error.value.hint)
    assert pandas_table(pd.DataFrame({"at": pd.to_datetime(frame["at"], utc=True)}))["at"].cast(pa.int64()).to_pylist() == [0, None]
