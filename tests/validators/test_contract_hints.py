"""Whatever is wrong with a contract is told with its file, its line, and how to mend it."""

from __future__ import annotations

import pytest

from featureprep.errors import RequestError
from featureprep.validators.contract_yaml import load_contract

COLUMN = "columns:\n  a: {%s}\n"
BAD = {
    "bound of another type": (COLUMN % "type: int64, range: {min: abc}", 2, "from -9223372036854775808 to"),
    "bound beyond its type": (COLUMN % "type: uint8, range: {min: 300}", 2, "from 0 to 255"),
    "bound that is no number": (COLUMN % "type: float64, range: {min: .nan}", 2, "not_nan"),
    "bound that is no day": (COLUMN % "type: date, range: {min: 2024-13-45}", 2, "2024-12-31"),
    "bound without its zone": (COLUMN % 'type: "timestamp[UTC]", range: {min: "2024-01-01T00:00:00"}', 2, "+00:00"),
    "bound with too many digits": (COLUMN % 'type: "decimal(5, 2)", range: {min: 1.234}', 2, "5 digits, 2 of them"),
    "bound that is no bool": (COLUMN % "type: bool, values: [1]", 2, "true or false"),
    "range of texts": (COLUMN % "type: string, range: {min: 1}", 2, "another type"),
    "range that is no mapping": (COLUMN % "type: int64, range: 5", 2, "{min: 0, max: 10}"),
    "order of texts": (COLUMN % "type: string, monotonic: {by: a}", 2, "another type"),
    "values of another type": (COLUMN % "type: int64, values: [a, b]", 2, "without quotes"),
    "share above all": (COLUMN % "type: int64, range: {min: 1, at_most: 150%}", 2, "at_most: 1%"),
    "rows below none": (COLUMN % "type: int64, range: {min: 1, at_most: -3}", 2, "digits"),
    "severity": (COLUMN % "type: int64, severity: fatal", 2, "error, warn"),
    "action": (COLUMN % "type: int64, action: drp", 2, "did you mean 'drop'?"),
    "flag": (COLUMN % 'type: int64, unique: "true"', 2, "without quotes"),
    "threshold": (COLUMN % "type: int64, drift: {psi: -1}", 2, "psi: 0.1"),
    "environments": (COLUMN % "type: int64, environments: [TRAINING, TRAINING]", 2, "[TRAINING, SERVING]"),
    "rows from the wrong end": ("columns: {a: int64}\nrows: {min: 10, max: 1}\n", 2, "swap them"),
    "half a row": ("columns: {a: int64}\nrows: {min: 1.5}\n", 2, "digits"),
    "age": ("columns: {a: timestamp}\nfresh: {column: a, max_age: soon}\n", 2, "max_age: 2d"),
    "age of a number": ("columns: {a: int64}\nfresh: {column: a, max_age: 2d}\n", 2, "dates or timestamps"),
    "key of a list": ('columns: {a: "list<int64>"}\nkeys: [a]\n', 2, "single values"),
    "extra columns": ("columns: {a: int64}\nextra_columns: eror\n", 2, "did you mean 'error'?"),
    "a list": ("- a\n- b\n", 1, "columns: {age: int64}"),
    "no source": ("sources: {}\n", 1, "sources: {trips"),
    "nested": (f"columns:\n  {'[' * 40}{']' * 40}\n", 2, "brackets"),
    "alias of nothing": ("columns:\n  a: *x\n", 2, "write &x before"),
    "alias of itself": ("columns: &x\n  a: *x\n", 2, "the value itself"),
    "NUL": ("version: 1\ncolumns:\n  a\0b: int64\n", 3, r"\x00"),
}


@pytest.mark.parametrize("name", BAD)
def test_there_is_a_hint(name: str) -> None:
    text, line, says = BAD[name]
    with pytest.raises(RequestError) as caught:
        load_contract(text, where="c.yaml")
    assert caught.value.where == f"c.yaml:{line}"
    assert says in str(caught.value.hint)
