"""`make test` runs on two versions of pandas: this says that it does."""

from __future__ import annotations

import os

import pandas as pd
import pytest


def test_this_is_the_pandas_that_was_asked_for() -> None:
    expected = os.environ.get("EXPECTED_PANDAS")
    if not expected:
        pytest.skip("only `make test` says which pandas it expects (EXPECTED_PANDAS)")
    assert pd.__version__.split(".")[0] == expected
