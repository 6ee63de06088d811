"""Choices of a first job: by type, cardinality and name; and that no name can become code."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import from_arrow, load_contract, read_csv
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.infer import infer
from featureprep.jobs.scaffold.choose import LeftOut, choose
from featureprep.jobs.scaffold.code import argument_name, comment, quoted
from featureprep.jobs.scaffold.facts import Facts, facts_of
from featureprep.jobs.scaffold.first_job import Reading
from featureprep.jobs.scaffold.label import guess_label, label_code
from featureprep.jobs.scaffold.project import first_files
from featureprep.jobs.scaffold.remarks import remark

N = 400


def facts(columns: dict[str, Any]) -> dict[str, Facts]:
    """The facts of some columns, as `new --data` has them."""
    proposal = infer({"t": from_arrow(pa.table(columns))}, None, PandasEngine())
    return {fact.name: fact for fact in facts_of(proposal.contract.sources[0], proposal.looks["t"])}


def code(name: str, values: Any) -> str:
    """The code of all features of a column, or why it has none."""
    found = choose(facts({name: values})[name])
    if isinstance(found, LeftOut):
        return f"{'kept' if found.keep else 'left out'}: {found.why}"
    return " + ".join(choice.code for choice in found)


WORDS = [f"w{i % 50} and some more words {i}" for i in range(N)]


@pytest.mark.parametrize(
    "name, values, expected",
    [
        ("x", [i / 7 for i in range(N)], 'T.standard_scale("x")'),
        ("x", [None if i % 4 == 0 else i / 7 for i in range(N)], 'T.standard_scale(T.impute("x", "median")) + T.impute("x", "indicator")'),
        ("x", [0.0] * (N - 1) + [1000.0], 'T.standard_scale(T.log1p("x"))'),
        ("x", [i % 2 for i in range(N)], 'col("x")'),
        ("x", [None, *(i % 2 for i in range(N))], 'T.impute("x", "most_frequent")'),
        ("x", [float("nan"), *(i / 7 for i in range(N))], 'T.standard_scale(T.impute("x", "median"))'),
        ("b", [None, *(i % 3 == 0 for i in range(N))], 'T.impute(col("b").cast("int8"), "most_frequent")'),
        ("l", [None, *(["a"] * (i % 3) for i in range(N))], 'T.multi_hot("l", top_k=200) + T.impute(col("l").list.len(), "constant", value=0)'),
        ("x", [i % 5 for i in range(N)], 'T.one_hot("x")'),
        ("x", [i % 50 for i in range(N)], 'T.standard_scale("x")'),
        ("zip", [10_000 + i % 50 for i in range(N)], 'T.vocabulary("zip", top_k=1000, oov_buckets=10, missing=-1)'),
        ("userId", [7 * (i % 50) for i in range(N)], 'T.vocabulary("userId", top_k=1000, oov_buckets=10, missing=-1)'),
        ("vendor_id", [1 + i % 2 for i in range(N)], 'T.one_hot("vendor_id")'),
        ("user", pa.array([i % 50 for i in range(N)], pa.uint32()), 'T.standard_scale("user")'),
        ("user_id", pa.array([i % 50 for i in range(N)], pa.uint32()), 'T.vocabulary("user_id", top_k=1000, oov_buckets=10, missing=0)'),
        ("big", [2**60 + i // 2 for i in range(N)], 'T.hash_bucket("big", 1024, missing=-1)'),
        ("made_at", [1_700_000_000 + 3601 * i for i in range(N)], 'T.date_parts(col("made_at").dt.from_epoch("s"), ["month", "weekday", "hour"])'),
        ("start_hour", [i % 24 for i in range(N)], 'T.cyclic("start_hour", period=24)'),
        ("weekday", [i % 7 for i in range(N)], 'T.cyclic("weekday", period=7)'),
        ("hour", [i % 100 for i in range(N)], 'T.standard_scale("hour")'),
        ("id", list(range(N)), "kept: a value of its own in every row"),
        ("id", [*range(N - 1), 0], "kept: a value of its own in nearly every row"),
        ("rownames", list(range(N)), "kept: counts the rows"),
        ("n", list(range(5, N + 5)), "kept: a value of its own in every row"),
        ("price", [i * i for i in range(N)], 'T.standard_scale("price")'),
        ("x", [3] * N, "left out: always 3"),
        ("x", [None, 3] * (N // 2), 'T.impute("x", "indicator")'),
        ("x", pa.array([None] * N, pa.float64()), "left out: no value at all"),
        ("x", pa.nulls(N), "left out: no value at all"),
        ("x", [None] * (N - 3) + [1.5, 2.5, 3.5], 'T.impute("x", "indicator")'),
        ("s", [f"v{i % 20}" for i in range(N)], 'T.one_hot("s")'),
        ("s", [f"v{i % 60}" for i in range(N)], 'T.vocabulary("s", top_k=1000, oov_buckets=10, missing="")'),
        ("s", [f"v{i // 2 % 180} " * (1 + i % 2) for i in range(N)], 'T.hash_bucket("s", 1024, missing="")'),
        ("s", [f"{i:08x}" for i in range(N)], "kept: a value of its own in every row"),
        ("s", WORDS, 'T.tf_idf(T.tokenize("s", missing=""), max_features=1000)'),
        ("s", [WORDS[i % 40] for i in range(N)], 'T.vocabulary("s", top_k=1000, oov_buckets=10, missing="")'),
        ("s", [f"{i % 90}|{i % 7}|a b" for i in range(N)], 'T.multi_hot(col("s").str.split("|"), top_k=200)'),
        ("s", ["a"] * 100 + [f"b|c{i}" for i in range(N - 100)], 'T.multi_hot(col("s").str.split("|"), top_k=200)'),
        ("s", ["a|b"] * 150 + [f"c{i}" for i in range(N - 150)], 'T.hash_bucket("s", 1024, missing="")'),
        ("s", [f"{i:,}.5" for i in range(1000, 1000 + N)], 'T.hash_bucket("s", 1024, missing="")'),
        ("s", [f"this is; a sentence that goes on {i}" for i in range(N)], 'T.tf_idf(T.tokenize("s", missing=""), max_features=1000)'),
        ("b", [i % 3 == 0 for i in range(N)], 'col("b").cast("int8")'),
        ("l", [["a"] * (i % 3) for i in range(N)], 'T.multi_hot("l", top_k=200) + col("l").list.len()'),
        ("v", pa.array([[1.0, 2.0]] * N, pa.list_(pa.float64(), 2)), 'col("v")'),
        ("r", [{"a": i} for i in range(N)], 'left out: struct<a: int64>: take its parts, as in col("r").struct.field("a")'),
        ("y", [b"x", b"y"] * (N // 2), "left out: binary"),
    ],
)  # fmt: skip
def test_the_choice(name: str, values: Any, expected: str) -> None:
    found = code(name, values)
    assert found == expected or (expected.startswith(("kept", "left out")) and found.startswith(expected))


def test_times_with_nulls_are_filled_by_the_first() -> None:
    import datetime as dt

    days = [None if i % 10 == 0 else dt.date(2024, 1, 1) + dt.timedelta(i) for i in range(N)]
    assert code("d", days) == 'T.date_parts("d", ["month", "day", "weekday"], missing=dt.date(2024, 1, 2)) + T.impute("d", "indicator")'


@pytest.mark.parametrize(
    "columns, guess, expected",
    [
        ({"a": [1.5, 2.5] * 30, "target": [0.1, 0.3] * 30, "c": ["x", "y"] * 30}, "target", '"target"'),
        ({"a": [1.5, 2.5] * 30, "c": ["x", "x", "y"] * 20}, "c", '(col("c") == "y").cast("int8")'),
        ({"a": [1.5, 2.5] * 30, "c": ["x", "z", "y"] * 20}, "c", 'T.vocabulary("c")'),
        ({"a": [1.5, 2.5] * 30, "c": [True, False] * 30}, "c", 'col("c").cast("int8")'),
        ({"c": [True, False] * 30, "a": [i / 3 for i in range(60)]}, None, None),
        ({"label": [1] * 60, "a": [i / 3 for i in range(60)]}, None, None),
    ],
)
def test_the_guess_of_a_label(columns: dict[str, Any], guess: str | None, expected: str | None) -> None:
    found = guess_label(list(facts(columns).values()))
    assert (None if found is None else found.name) == guess
    assert found is None or label_code(found) == expected


def test_codes_with_leading_zeros_are_no_quantities(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n,m\n" + "".join(f"{i % 50:03d},{i % 50}\n" for i in range(N)), encoding="utf-8")
    proposal = infer({"t": read_csv(str(tmp_path / "t.csv"))}, None, PandasEngine())
    first, second = (choose(fact) for fact in facts_of(proposal.contract.sources[0], proposal.looks["t"]))
    assert not isinstance(first, LeftOut)
    assert not isinstance(second, LeftOut)
    assert first[0].code == 'T.vocabulary("n", top_k=1000, oov_buckets=10, missing=-1)'
    assert "begin with a zero" in first[0].why
    assert second[0].code == 'T.standard_scale("m")'


def test_one_value_is_said_in_the_singular() -> None:
    (choice,) = choose(Facts("c", pa.string(), distinct=1, values=("x",)))  # type: ignore[misc]
    assert choice.why == '1 value: "x"'


def test_a_contract_alone_tells_of_spellings_by_its_values() -> None:
    contract = load_contract("columns:\n  d: {type: string, values: [28.11.2021, 29.11.2021]}\n")
    (fact,) = facts_of(contract.sources[0], None)
    assert remark(fact) == '"d": dates in another spelling than 2024-05-31; to take them so: col("d").dt.parse("%d.%m.%Y")'


HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(
    [
        '"""',
        "'''",
        "\\",
        "\n",
        "\r\n",
        "{{ x }}",
        "{% x %}",
        "#",
        "def",
        "keep",
        "dtype",
        "None",
        "ﬁ",
        "fi",
        "\u202e",
        "1",
        '"); import os  #',
        "T",
        "fp",
    ]
)


@given(HOSTILE)
def test_literals_are_read_back_and_comments_are_one_line(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
    assert quoted(text).isprintable()
    assert comment(text).isprintable()


@given(st.lists(HOSTILE, max_size=8))
def test_arguments_are_identifiers_that_differ_for_python(names: list[str]) -> None:
    used: set[str] = set()
    for name in names:
        used.add(argument_name(name, used))
    assert len(used) == len(names)
    tree = ast.parse(f"f({', '.join(f'{name}=0' for name in used)})", mode="eval")
    assert isinstance(tree.body, ast.Call)
    assert {keyword.arg for keyword in tree.body.keywords} == used
    assert not used & {"keep", "dtype"}


@settings(max_examples=60)
@given(st.lists(HOSTILE, min_size=1, max_size=6, unique=True), HOSTILE, st.data())
def test_a_job_for_any_names_is_python_that_names_them_all(names: list[str], title: str, data: st.DataObject) -> None:
    types = st.sampled_from([pa.int64(), pa.float64(), pa.string(), pa.bool_(), pa.date32(), pa.list_(pa.string())])
    made = [Facts(name, data.draw(types), rows=100, filled=90, distinct=40, values=(title, name)) for name in names]
    found = first_files("j", "", made, Reading("read_csv", title, {"separator": title}), title=title, placeholder=False)
    for path in ("job.py", "tests/test_job.py"):
        tree = ast.parse(found[path])
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert not [call for call in calls if "os.system" in call or call in ("exec", "eval", "__import__")]
    literals = {node.value for node in ast.walk(ast.parse(found["job.py"])) if isinstance(node, ast.Constant)}
    assert set(names) <= literals
    assert title in literals
