"""A row that is set aside has all its reasons, in the contract's order, and is counted under the first; what a drop rule takes beside is not lost."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep import agg, col
from featureprep.jobs.result import Run
from tests.jobs.cases import make_job, memory_store

DATA = pa.table({"id": [0, 1, 2, 3, 4], "f": [1.0, -1.0, 2.0, -5.0, 100.0], "s": ["a", "b", "zz", "zz", "zz"]})
RULES = ("f is at least 0.0", "f is at most 50.0", "f is one of 1.0, 2.0", "s is one of a, b")


def stated(fare: str, text: str) -> dict[str, Any]:
    f = {"type": "float64", "range": {"min": 0, "max": 50, "action": fare}, "values": {"of": [1.0, 2.0], "action": fare}}
    return {"columns": {"id": "int64", "f": f, "s": {"type": "string", "values": {"of": ["a", "b"], "action": text}}}}


def run(source: Any, contract: dict[str, Any], folder: Path, **options: Any) -> Run:
    (folder / "c.yaml").write_text(yaml.safe_dump(contract, sort_keys=False), encoding="utf-8")
    job = fp.job(sources={"x": source}, contract=str(folder / "c.yaml"), name="q")(lambda x: x.features(keep=["id"]))
    return job.run(store=memory_store(), statistics=False, **options)


def aside(done: Run) -> list[dict[str, Any]]:
    entry, store = done.dataset.entry, done.dataset.store
    found: list[dict[str, Any]] = []
    for record in entry.files:
        if record.path.startswith("quarantine/"):
            data = store.read(f"{entry.name}/data/{entry.run_id}/{record.path}")
            found += pq.read_table(pa.BufferReader(data)).to_pylist()
    return sorted(found, key=lambda row: str(row["data"]))


def by_id(done: Run) -> dict[int, list[str]]:
    return {json.loads(row["data"])["id"]: row["reasons"] for row in aside(done)}


def gone(done: Run) -> tuple[dict[str, int], dict[str, int]]:
    line = done.ledger.lines[0]
    assert line.balanced
    return dict(line.quarantined), dict(line.dropped)


@pytest.mark.parametrize(
    ("fare", "text", "reasons", "counted"),
    [
        (
            "quarantine", "quarantine",
            {1: [0, 2], 2: [3], 3: [0, 2, 3], 4: [1, 2, 3]},
            ({RULES[0]: 2, RULES[1]: 1, RULES[3]: 1}, {}),
        ),
        ("quarantine", "drop", {1: [0, 2], 3: [0, 2], 4: [1, 2]}, ({RULES[0]: 2, RULES[1]: 1}, {RULES[3]: 1})),
        # the rules that drop stand before the one that sets aside, which has its rows all the same
        ("drop", "quarantine", {2: [3], 3: [3], 4: [3]}, ({RULES[3]: 3}, {RULES[0]: 1})),
    ],
)  # fmt: skip
def test_by_hand(
    fare: str, text: str, reasons: dict[int, list[int]], counted: tuple[dict[str, int], dict[str, int]], tmp_path: Path
) -> None:
    for partitions in (1, 3):
        done = run(fp.from_arrow(DATA), stated(fare, text), tmp_path, partitions=partitions)
        assert by_id(done) == {at: [RULES[i] for i in found] for at, found in reasons.items()}
        assert gone(done) == counted
        assert done.dataset.to_arrow()["id"].to_pylist() == [0]


def test_cells_that_do_not_fit_are_among_them(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,f,s\n1,oops,zz\n2,2,b\n3,-1,a\n", encoding="utf-8")
    contract = stated("quarantine", "quarantine")
    contract["columns"]["f"]["type"] = {"is": "float64", "action": "quarantine"}
    done = run(fp.read_csv(str(tmp_path / "x.csv")), contract, tmp_path)
    assert by_id(done) == {1: ["f is float64", RULES[3]], 3: [RULES[0], RULES[2]]}


ROW = st.tuples(*[st.one_of(st.none(), st.integers(-1, 3))] * 3)


@settings(max_examples=10)
@given(
    st.lists(ROW, min_size=1, max_size=12),
    st.permutations([("a", 0), ("b", 1), ("c", 2), ("a", 2)]),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_against_brute_force(rows: list[tuple[int | None, ...]], bounds: list[tuple[str, int]], quarantines: list[bool]) -> None:
    """Rules named r0 to r3, in this order: `column < bound` holds where it is not null."""
    rules = list(zip(bounds, quarantines, strict=True))
    contract = {
        "columns": {"id": "int64", "a": "int64", "b": "int64", "c": "int64"},
        "expressions": [
            {"name": f"r{i}", "expr": f"{name} < {bound}", "action": "quarantine" if q else "drop"}
            for i, ((name, bound), q) in enumerate(rules)
        ],
    }
    table = pa.table({"id": range(len(rows)), **{name: pa.array([row[i] for row in rows], pa.int64()) for i, name in enumerate("abc")}})
    with tempfile.TemporaryDirectory() as folder:
        done = run(fp.from_arrow(table), contract, Path(folder), partitions=2)
    kept, expected, dropped = [], {}, 0
    for at, row in enumerate(rows):
        cells = dict(zip("abc", row, strict=True))
        broken = [(i, q) for i, ((name, bound), q) in enumerate(rules) if (value := cells[name]) is not None and value >= bound]
        if any(q for _, q in broken):
            expected[at] = [f"r{i}" for i, q in broken if q]
        elif broken:
            dropped += 1
        else:
            kept.append(at)
    assert {at: [reason.split(":")[0] for reason in reasons] for at, reasons in by_id(done).items()} == expected
    assert sum(gone(done)[1].values()) == dropped
    assert sum(gone(done)[0].values()) == len(expected)
    assert done.dataset.to_arrow()["id"].to_pylist() == kept


def test_features_that_reject_one_row() -> None:
    table = pa.table({"k": [1, 2, 3], "x": ["5", "y", "6"], "y": ["1", "z", "w"]})

    def body(main: fp.Table) -> fp.Table:
        x = col("x").cast("int64")
        return main.features(a=x, b=x + 1, c=col("y").cast("int64"), keep=["k"])

    done = make_job(body, fp.from_arrow(table), malformed="quarantine").run(store=memory_store(), statistics=False)
    both, one = aside(done)
    assert [reason.split(":")[0] for reason in both["reasons"]] == ["malformed", "malformed"]
    assert one["reasons"] == both["reasons"][1:]
    assert done.ledger.rows()["quarantined"] == 2


def test_sums_that_overflow_in_one_row() -> None:
    table = pa.table({"k": [1, 1, 2, 2], "i": [2**63 - 1, 1, 5, 6], "j": [2**63 - 1, 1, 2**63 - 1, 1]})

    def body(main: fp.Table) -> fp.Table:
        return main.group_by("k").agg(s=agg.sum("i"), t=agg.sum("j")).features(keep=["k", "s", "t"])

    done = make_job(body, fp.from_arrow(table), malformed="quarantine").run(store=memory_store(), statistics=False)
    s, t = "malformed: s overflows", "malformed: t overflows"
    assert sorted(row["reasons"] for row in aside(done)) == [[s, t], [t]]
    (line,) = [line for line in done.ledger.lines if line.step == "group_by k"]
    assert dict(line.quarantined) == {s: 1, t: 1}
