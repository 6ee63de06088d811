"""Suggestions for misspelt names: near ones, or all there are."""

from __future__ import annotations

import pytest

from featureprep.errors import UnknownNameError
from featureprep.suggest import no_attribute


@pytest.mark.parametrize(
    "name, known, hint",
    [
        ("clo", ["col", "lit"], "Did you mean col?"),
        ("yaer", ["year", "day"], "Did you mean year?"),
        ("standart_scale", ["standard_scale", "log1p"], "Did you mean standard_scale?"),
        ("Contract", ["coalesce", "col"], "It has: coalesce, col."),
        ("diff", ["udf", "agg"], "It has: agg, udf."),
    ],
)
def test_only_near_names_are_suggested(name: str, known: list[str], hint: str) -> None:
    error = no_attribute("fp", name, known)
    assert isinstance(error, UnknownNameError)
    assert error.hint == hint
