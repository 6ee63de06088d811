"""Reading contract.yaml: what it means, and that every mistake is named with file, line and a hint."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from featureprep.errors import RequestError, WorldError
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.reasons import Action, Severity

WHOLE = """\
version: 1
environments: [TRAINING, SERVING, TEST]
columns:
  age: int64
  income:
    type: string
    nullable: false
    values: [">50K", "<=50K"]
    not_in: [SERVING]
  fare:
    type: float64
    range: {min: 0, max: 500}
    not_nan: true
    action: quarantine
    severity: warn
  plate:
    type: string
    required: false
    regex: {pattern: "[A-Z]+", action: drop, severity: warn}
    length: {min: 3}
    unique: true
    sensitive: true
    owner: fleet
    note: as registered
rows: {min: 10, max: 20}
extra_columns: allow
allow_not_evaluated: true
expressions:
  - name: sane
    expr: fare < 100 or
      age > 3
    severity: warn
    action: quarantine
"""


def test_all_of_it() -> None:
    source = load_contract(WHOLE, where="c.yaml").source("anything")
    assert source.schema == pa.schema([("age", pa.int64()), ("income", pa.string()), ("fare", pa.float64()), ("plate", pa.string())])
    assert source.environments == ("TRAINING", "SERVING", "TEST")
    assert [column.environments for column in source.columns] == [None, ("TRAINING", "TEST"), None, None]
    assert not source.allow_empty
    assert source.extra_columns == "allow"
    assert source.allow_not_evaluated
    assert source.sensitive == {"plate"}
    rules = {rule.id: rule for rule in source.declared(None)}
    assert {key: rule.line for key, rule in rules.items()} == {
        "age/type": 4, "age/required": 4, "income/type": 6, "income/required": 5, "income/nullable": 7, "income/values": 8,
        "fare/type": 11, "fare/required": 10, "fare/not_nan": 13, "fare/range/min": 12, "fare/range/max": 12,
        "plate/type": 17, "plate/length/min": 20, "plate/regex": 19, "plate/unique": 21,
        "$/allow_empty": 1, "$/rows/min": 25, "$/rows/max": 25, "$/expressions/sane": 30,
    }  # fmt: skip
    assert (rules["fare/range/min"].action, rules["fare/range/min"].severity) == (Action.QUARANTINE, Severity.WARN)
    assert rules["fare/required"].action == Action.FAIL
    assert rules["plate/regex"].action == Action.DROP
    assert rules["$/expressions/sane"].params["expr"] == "fare < 100 or age > 3"
    assert [column.note for column in source.columns][-1] == "as registered"


def test_several_sources() -> None:
    contract = load_contract("sources:\n  people:\n    columns: {a: int64}\n  towns:\n    columns: {b: string}\n    allow_empty: true\n")
    assert contract.names == ["people", "towns"]
    assert contract.source("towns").schema.names == ["b"]
    assert contract.source("towns").allow_empty
    with pytest.raises(RequestError, match="nothing of the source 'town'") as caught:
        contract.source("town")
    assert caught.value.hint == "did you mean 'towns'?"


def test_environments() -> None:
    source = load_contract(WHOLE).source("x")
    assert [column.name for column in source.columns_in("SERVING")] == ["age", "fare", "plate"]
    assert len(source.columns_in(None)) == 4
    assert source.left_out("SERVING") == ["income"]
    assert source.left_out(None) == []
    with pytest.raises(RequestError, match="no environment 'SERVNG'") as caught:
        source.columns_in("SERVNG")
    assert caught.value.hint == "did you mean 'SERVING'?"


@pytest.mark.parametrize(
    ("text", "line", "what", "hint"),
    [
        ("[]\n", 1, "must be a mapping", None),
        ("just text\n", 1, "must be a mapping", None),
        ("# nothing\n", 1, "the contract is empty", "columns:"),
        ("rows: {min: 1}\n", 1, "no `columns:`", "columns:"),
        ("columns: {}\n", 1, "names no column", None),
        ("columns:\n  a: int64\ncolums: {}\n", 3, "unknown key 'colums'", "did you mean 'columns'"),
        ("columns:\n  a:\n    type: int64\n    rnge: {min: 1}\n", 4, "unknown key 'rnge'", "did you mean 'range'"),
        ("columns:\n  a:\n    nullable: false\n", 2, "has no type", "type: string"),
        ("columns:\n  a:\n", 2, "type must be the name of a type, not nothing", None),
        ("columns:\n  a: integer64\n", 2, "not 'integer64'", "types are"),
        ("columns:\n  a: [int64]\n", 2, "not a list", None),
        ("columns:\n  a: int64\n  a: string\n", 3, "stands here twice, first in line 2", None),
        ("columns:\n  '': int64\n", 2, "empty name", None),
        ("columns:\n  $malformed:a: int64\n", 2, "begin with \\$ are taken", None),
        ("columns:\n  a: {type: int64, range: {min: 3, max: 1}}\n", 2, "min 3 is above max 1", None),
        ("columns:\n  a:\n    type: int64\n    range:\n      min: 1.5\n", 5, "min must be a value of type int64, not 1.5", None),
        ("columns:\n  a: {type: int8, range: {max: 300}}\n", 2, "max must be a value of type int8", None),
        ("columns:\n  a: {type: int64, range: {max: 99999999999999999999}}\n", 2, "max must be a value of type int64", None),
        ("columns:\n  a: {type: float64, range: {max: .nan}}\n", 2, "max must be a value of type float64", None),
        ("columns:\n  a: {type: int64, range: {}}\n", 2, "neither min nor max", None),
        ("columns:\n  a: {type: int64, range: [0, 1]}\n", 2, "range must be a mapping", None),
        ("columns:\n  a: {type: string, range: {min: 1}}\n", 2, "range is for numbers", None),
        ("columns:\n  a: {type: date, range: {min: 2024-13-01}}\n", 2, "min must be a value of type date", None),
        ("columns:\n  a: {type: timestamp, range: {min: 2024-01-01T00:00:00Z}}\n", 2, "must not have an offset", None),
        ("columns:\n  a: {type: 'timestamp[UTC]', range: {min: 2024-01-01}}\n", 2, "must have an offset", None),
        ("columns:\n  a: {type: 'decimal(4, 1)', range: {min: 1.25}}\n", 2, "must be a value of type decimal", None),
        ("columns:\n  a: {type: string, regex: '(a'}\n", 2, "is not valid", "RE2"),
        ("columns:\n  a: {type: string, regex: '(?=a)'}\n", 2, "is not valid", "look-around"),
        ("columns:\n  a: {type: string, regex: 'a)|(b'}\n", 2, "is not valid", None),
        ("columns:\n  a: {type: string, regex: '((a{500}){500}){500}'}\n", 2, "is not valid", None),
        ("columns:\n  a: {type: int64, regex: a}\n", 2, "regex is for text", None),
        ("columns:\n  a: {type: int64, length: {min: 1}}\n", 2, "length is for text; column", None),
        ("columns:\n  a: {type: string, length: {min: -1}}\n", 2, "whole number from 0", None),
        ("columns:\n  a: {type: int64, not_nan: true}\n", 2, "not_nan is for float", None),
        ("columns:\n  a: {type: 'list<int64>', unique: true}\n", 2, "unique is for scalars", None),
        ("columns:\n  a: {type: 'list<int64>', length: {min: 1}}\n", 2, "length is for text; column 'a' is list", "valency: {min: 1}"),
        ("columns:\n  a: {type: string, valency: {min: 1}}\n", 2, "valency is for lists; column 'a' is string", None),
        ("columns:\n  a: {type: 'list<int64>', valency: {min: 3, max: 1}}\n", 2, "min 3 is above max 1", None),
        ("columns:\n  a: {type: 'list<int64>', values: [x]}\n", 2, "each of values must be a value of type int64", None),
        ("columns:\n  a: {type: 'list<int64>', range: {min: 0.5}}\n", 2, "min must be a value of type int64", None),
        ("columns:\n  a: {type: 'list<string>', range: {min: 1}}\n", 2, "range is for numbers", None),
        ("columns:\n  a: {type: 'list<int64>', regex: x}\n", 2, "regex is for text", None),
        ("columns:\n  a: {type: 'list<list<int64>>', values: [1]}\n", 2, "values is for", None),
        ("columns:\n  a: {type: 'struct<b: int64>', values: [1]}\n", 2, "values is for", None),
        (
            "columns:\n  a:\n    type: string\n    values:\n      - x\n      - y\n      - x\n",
            7,
            "stands twice in values, first in line 5",
            None,
        ),
        ("columns:\n  a: {type: float64, values: [0.0, -0.0]}\n", 2, "stands twice", None),
        ("columns:\n  a: {type: string, values: [true]}\n", 2, "a text here, or true or false", 'write "true"'),
        ("columns:\n  a: {type: string, values: [null]}\n", 2, "not nothing", "nullable"),
        ("columns:\n  a: {type: bool, values: [yes]}\n", 2, "must be a value of type bool", None),
        ("columns:\n  a: {type: int64, nullable: 0.5}\n", 2, "true or false", "null_fraction: 0.5"),
        ("columns:\n  a: {type: int64, nullable: no}\n", 2, "must be true or false, not 'no'", None),
        ("columns:\n  a: {type: int64, null_fraction: 2}\n", 2, "number from 0 to 1", None),
        ("columns:\n  a: {type: int64, nullable: false, null_fraction: 0.1}\n", 2, "both nullable and null_fraction", None),
        ("columns:\n  a: {type: int64, severity: fatal}\n", 2, "severity must be error or warn, not 'fatal'", None),
        ("columns:\n  a: {type: int64, action: ignore}\n", 2, "action must be fail or quarantine or drop", None),
        ("columns:\n  a:\n    type: int64\n    unique: {is: true, action: drop}\n", 4, "looks at all rows", "only fail is possible"),
        ("columns:\n  a:\n    type: int64\n    action: drop\n    unique: true\n", 5, "cannot hold for unique", "action: fail"),
        ("columns:\n  a:\n    type: int64\n    null_fraction: {max: 0.1, action: quarantine}\n", 4, "looks at all rows", None),
        ("columns: {a: int64}\nrows: {min: 1, action: drop}\n", 2, "looks at all rows", None),
        ("columns: {a: int64}\nrows: {min: 3, max: 2}\n", 2, "min 3 is above max 2", None),
        ("columns: {a: int64}\nrows: {min: many}\n", 2, "whole number", None),
        ("columns: {a: int64}\nallow_empty: 1\n", 2, "must be true or false", None),
        ("columns: {a: int64}\nextra_columns: drop\n", 2, "error, warn or allow", None),
        ("columns: {a: {type: int64, values: {off: [1]}}}\n", 1, "unknown key 'off'", "did you mean 'of'"),
        ("columns: {a: {type: int64, values: {severity: warn}}}\n", 1, "lacks the key 'of'", None),
        ("columns: {a: {type: int64, not_in: [SERVE]}}\n", 1, "no environment 'SERVE'", "SERVING"),
        ("columns: {a: {type: int64, not_in: [SERVING], environments: [TRAINING]}}\n", 1, "both", None),
        ("columns: {a: {type: int64, not_in: SERVING}}\n", 1, "must be a list", None),
        ("environments: [A, A]\ncolumns: {a: int64}\n", 1, "different names", None),
        ("version: 2\ncolumns: {a: int64}\n", 1, "version 2", "newer featureprep"),
        ("version: one\ncolumns: {a: int64}\n", 1, "whole number", None),
        ("sources: {}\n", 1, "no source", None),
        ("sources: {s: {columns: {a: int64}}}\ncolumns: {a: int64}\n", 2, "unknown key 'columns'", None),
        ("sources: {s: {columns: {a: int64}, environments: [A]}}\n", 1, "unknown key 'environments'", None),
        ("columns: {a: int64}\nexpressions:\n  - {name: x}\n", 3, "lacks the key 'expr'", None),
        ("columns: {a: int64}\nexpressions:\n  - {expr: b > 1}\n", 3, "no column 'b'", "The table has: 'a'"),
        ("columns: {fare: int64}\nexpressions:\n  - {expr: fares > 1}\n", 3, "no column 'fares'", "Did you mean one of: 'fare'"),
        ("columns: {a: int64}\nexpressions:\n  - {expr: a + 1}\n", 3, "must be true or false; it is int64", None),
        ("columns: {a: int64}\nexpressions:\n  - {expr: a > 'x'}\n", 3, "expression", None),
        ("columns: {a: int64}\nexpressions:\n  - {expr: a >}\n", 3, "syntax error at column", None),
        ("columns: {a: int64}\nexpressions:\n  - {name: x, expr: a > 1}\n  - {name: x, expr: a > 2}\n", 4, "two expressions", "line 3"),
        ("columns: {a: int64}\nexpressions: a > 1\n", 2, "must be a list", None),
    ],
)
def test_mistakes(text: str, line: int, what: str, hint: str | None) -> None:
    with pytest.raises(RequestError, match=what) as caught:
        load_contract(text, where="c.yaml")
    assert caught.value.where == f"c.yaml:{line}"
    if hint is not None:
        assert hint in (caught.value.hint or "")
    assert caught.value.exit_code == 2


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    with pytest.raises(RequestError, match="does not exist") as absent:
        load_contract(path)
    assert f"featureprep infer FILE|JOB -o {path}" in str(absent.value)
    with pytest.raises(RequestError, match="a folder, not a file"):
        load_contract(tmp_path)
    (tmp_path / "link.yaml").symlink_to("nowhere.yaml")
    with pytest.raises(RequestError, match="a link to 'nowhere.yaml', which is not there"):
        load_contract(tmp_path / "link.yaml")
    with pytest.raises(WorldError, match="cannot be read"):
        load_contract("a\0b")
    path.write_text(WHOLE, encoding="utf-8")
    assert load_contract(path) == load_contract(WHOLE)
    assert load_contract(str(path)).file == str(path)
    path.write_bytes(b"columns:\n  a: int64\n  \xff: string\n")
    with pytest.raises(RequestError, match="UTF-8"):
        load_contract(path)


def test_the_documented_example_is_a_contract() -> None:
    import textwrap

    import featureprep.validators.contract_yaml as module

    doc = module.__doc__ or ""
    example = textwrap.dedent(doc.split("\n\n", 1)[1].split("\n\nWhere a job", 1)[0])
    example = example.replace("fare:\n", "tips: float64\n  payment_type: string\n  fare:\n", 1)
    source = load_contract(example).source("rides")
    assert source.schema.names == ["age", "income", "tips", "payment_type", "fare", "plate", "tags", "at", "odometer"]
