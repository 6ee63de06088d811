"""A proposed change of a contract lets the data pass, keeps what it does not concern, and tells no sensitive value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.engines.pandas import PandasEngine
from featureprep.io.base import Source
from featureprep.jobs.propose import Proposed, propose
from featureprep.jobs.validate import validate
from featureprep.validators.contract_yaml import load_contract

ENGINE = PandasEngine(1)

FLOW = """# head of all
columns:
  id: int64  # the id
  age: {type: int8, range: {min: 0, max: 100}, nullable: false}  # years
  city: {type: string, values: [Rome, Oslo], regex: "[A-Z].*", length: {max: 5}}  # capitals
  x: {type: float32, not_nan: true, range: {min: 0, at_most: 1}, null_fraction: 0.1}  # measured
  day: {type: date, range: {min: 2024-01-01}}  # since then
  secret: {type: string, values: [s1, s2], sensitive: true}  # hidden
rows: {min: 2, max: 3}  # few
keys: [id]  # unique
expressions: [{name: e, expr: age < 50}, {expr: x < 3, action: drop, at_most: 0}]  # two
# the end
"""
BLOCK = """# head of all
columns:
  id:  # the id
    type: int64
  age:
    type:
      is: int8  # years

    range:
      min: 0  # from birth
      max: 100
    nullable:
      is: false
  city:
    values:  # capitals
    - Rome  # in Italy
    - Oslo
    type: string
    regex: '[A-Z].*'
    length:
      max: 5
  # about x
  x:
    type: float32
    not_nan: true
    range: {min: 0, at_most: 1}
    null_fraction:
      max: 0.1
      severity: error
  day:
    type: date
    range:
      min: 2024-01-01  # since then
  secret: &hidden
    type: string
    values:
      of: [s1, s2]
    sensitive: true
rows:
  min: 2
  max: 3
keys:
- [id]  # unique
expressions:
- name: e
  expr: age < 50
# about the second
- expr: x < 3
  action: drop
  at_most: 0
# the end"""
CELLS: Mapping[str, list[str]] = {
    "id": ["1", "2", "3", "x", ""],
    "age": ["1", "60", "-5", "1000", "3.5", "?", ""],
    "city": ["Rome", "Oslo", "Lima", "Santiago", "no: {x", "#", "true", "01", ""],
    "x": ["1", "2.5", "-1", "-0.125", "nan", "inf", "", "zz"],
    "day": ["2024-02-01", "1999-12-31", "soon", ""],
    "secret": ["s1", "s2", "s3", "told", ""],
    "more": ["1", "a", ""],
}


@st.composite
def drops(draw: st.DrawFn) -> str:
    """CSV files, some with columns that are absent or new."""
    names = [name for name in CELLS if name == "id" or draw(st.integers(0, 5))]
    if draw(st.booleans()) and "more" in names:
        names.remove("more")
    rows = draw(st.lists(st.tuples(*(st.sampled_from([cells[0], *cells]) for cells in (CELLS[n] for n in names))), max_size=5))
    quoted = ([f'"{cell}"' if set(cell) & set("{#") else cell for cell in row] for row in rows)
    return "".join(f"{','.join(row)}\n" for row in [names, *quoted])


def proposed(text: str, sources: Mapping[str, Source]) -> Proposed:
    return propose(sources, load_contract(text + "\n" * (not text.endswith("\n")), where="c.yaml"), None, ENGINE)


def of_file(text: str, drop: str, folder: Path) -> tuple[Proposed, dict[str, Source]]:
    (folder / "drop.csv").write_text(drop, encoding="utf-8")
    (folder / "c.yaml").write_text(text, encoding="utf-8", newline="")
    sources: dict[str, Source] = {"t": fp.read_csv(str(folder / "drop.csv"))}
    return propose(sources, load_contract(folder / "c.yaml"), None, ENGINE), sources


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drops")


@settings(max_examples=60)
@given(text=st.sampled_from([FLOW, BLOCK, BLOCK.replace("\n", "\r\n")]), drop=drops())
def test_with_the_patch_the_data_passes(text: str, drop: str, folder: Path) -> None:
    found, sources = of_file(text, drop, folder)
    report = validate(sources, load_contract(found.after + "\n", where="after"), None, ENGINE)
    event("needs" if found.needs else "nothing to propose")
    assert not found.left
    assert report.ok, report.render_text()
    assert bool(found.needs) == (found.before != found.after) == bool(found.changes)
    again = proposed(found.after, sources)
    assert again.after.rstrip("\n") == found.after.rstrip("\n")
    # comments stay, but those of lines that went
    kept = [
        comment
        for comment in re.findall(r"# .*", text.replace("\r", ""))
        if comment not in ("# since then", "# from birth", "# in Italy", "# capitals")
    ]
    assert all(comment in found.after for comment in kept)
    assert "s3" not in found.after
    assert "told" not in found.after
    assert not any(word in change.before + change.after for change in found.changes for word in ("s3", "told"))


def test_nothing_to_propose() -> None:
    text = "columns: {a: {type: int64, range: {min: 1, severity: warn}}}\n"
    found = proposed(text, {"t": fp.from_arrow(pa.table({"a": [0, 1]}))})  # only warned of
    assert (found.before, list(found.needs), list(found.left), list(found.changes)) == (found.after, [], [], [])


@pytest.mark.parametrize(
    ("stated", "values", "after"),
    [
        ("{type: int64, unique: true}", [1, 1], "{type: int64, unique: {is: true, severity: warn}}"),
        ("{type: int64, nullable: false}", [1, None, 2], "{type: int64, null_fraction: 0.34}"),
        ("{type: int64, null_fraction: 0.1}", [1, None], "{type: int64, null_fraction: 0.5}"),
        (
            "{type: int64, null_fraction: {max: 0.1, severity: error}}",
            [1, None],
            "{type: int64, null_fraction: {max: 0.5, severity: error}}",
        ),
        ("{type: int64, range: {min: 0, at_most: 10%}}", [-1, 2], "{type: int64, range: {min: 0, at_most: 0.5}}"),
        ("{type: int64, range: {min: 0, at_most: 0}}", [-1, -2], "{type: int64, range: {min: 0, at_most: 2}}"),
        ("{type: int64, range: {min: 0, action: drop, at_most: 1}}", [-1, -2], "{type: int64, range: {min: 0, action: drop, at_most: 2}}"),
        ("{type: int64, values: {of: [1], action: fail}}", [1, 5, -3], "{type: int64, values: {of: [1, -3, 5], action: fail}}"),
        ("{type: int64, values: []}", [1], "{type: int64, values: [1]}"),
        ("int32", [1 << 40], "int64"),
        ("{type: int32, range: {max: 9}, unique: true}", ["a"], "{type: string, unique: true}"),
        ("{type: string, length: {max: 2}}", ["abc"], "{type: string, length: {max: 3}}"),
    ],
)
def test_the_least_change(stated: str, values: list[object], after: str) -> None:
    found = proposed(f"columns: {{a: {stated}}}  # c\n", {"t": fp.from_arrow(pa.table({"a": values}))})
    assert found.after == f"columns: {{a: {after}}}  # c\n"
    assert not found.left


def test_more_new_values_than_a_domain_has() -> None:
    table = pa.table({"a": [f"v{i}" for i in range(150)]})
    found = proposed("columns: {a: {type: string, values: [v1]}}\n", {"t": fp.from_arrow(table)})
    assert found.after == "columns: {a: {type: string, values: {of: [v1], severity: warn}}}\n"
    long = proposed("columns: {a: {type: string, values: [v1]}}\n", {"t": fp.from_arrow(pa.table({"a": ["x" * 300]}))})
    assert long.after == "columns: {a: {type: string, values: {of: [v1], severity: warn}}}\n"


def test_several_sources() -> None:
    text = "sources:\n  t:\n    columns:\n      a: int64\n  u:\n    columns: {b: {type: string, values: [x]}}\n    extra_columns: error\n"
    sources = {"t": fp.from_arrow(pa.table({"b": [7]})), "u": fp.from_arrow(pa.table({"b": ["z"], "c": [0.5]}))}
    found = proposed(text, sources)
    assert found.after == (
        "sources:\n  t:\n    columns:\n      a: {type: int64, required: false}\n      b: {type: int64, nullable: false}\n"
        "  u:\n    columns: {b: {type: string, values: [x, z]}, c: {type: float64, nullable: false}}\n    extra_columns: error\n"
    )
    assert {(need.source, need.outcome.check) for need in found.needs} == {
        ("t", "required"), ("t", "extra_columns"), ("u", "values"), ("u", "extra_columns"),
    }  # fmt: skip


def test_what_stands_behind_an_alias() -> None:
    text = "columns:\n  a: &n {type: int64, range: {min: 0}}\n  b: *n\n"
    found = proposed(text, {"t": fp.from_arrow(pa.table({"a": [1], "b": [-7]}))})
    assert found.after == text.replace("min: 0", "min: -7")
    assert [change.column for change in found.changes] == ["a", "b"]  # both are told


def test_a_type_that_an_expression_cannot_calculate_with() -> None:
    text = "columns: {a: int8}\nexpressions: [{expr: a + 1 > 0}]\n"
    table = pa.table({"a": ["1", "?"]})
    found = proposed(text, {"t": fp.from_arrow(table)})
    assert [outcome.check for _, outcome in found.left] == ["expressions"]  # the source states that all of it is text
    assert found.after.startswith("columns: {a: {type: {is: int8, severity: warn}}}\n")


def test_no_rows() -> None:
    found = proposed("columns: {a: int64}\n", {"t": fp.from_arrow(pa.table({"a": pa.array([], pa.int64())}))})
    assert found.after == "columns: {a: int64}\nallow_empty: true\n"
