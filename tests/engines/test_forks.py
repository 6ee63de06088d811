"""A table that several steps use: the rows set aside are those SPEC.md says, whichever use reads them, on every engine."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep import agg, col
from featureprep.engines.base import Engine
from featureprep.jobs.definition import Job
from featureprep.testing.compare import outcome
from featureprep.testing.host import EngineHost

Row = tuple[int | None, int | None, int | None]
"""k, v and w of a row; None is a cell that does not fit its type."""
Body = Callable[[fp.Table], fp.Table]

BODIES: dict[str, tuple[Body, Callable[..., bool]]] = {
    # name: the job, and whether it sets a row aside
    "itself": (lambda s: s.join(s, on="k"), lambda k, v, w: None in (k, v, w)),
    "keys": (lambda s: s.join(s.select("k"), on="k"), lambda k, v, w: None in (k, v, w)),
    "keys first": (lambda s: s.select("k").join(s, on="k", how="left"), lambda k, v, w: None in (k, v, w)),
    "two columns": (lambda s: s.select("k", "v").join(s.select("k", "w"), on="k"), lambda k, v, w: None in (k, v, w)),
    "its groups": (lambda s: s.select("k", "w").join(s.group_by("k").agg(n=agg.count()), on="k"), lambda k, v, w: None in (k, w)),
    "after a rule": (
        lambda s: (t := s.filter(col("k") > 1, name="big")).select("k", "v").union(t.select("k").with_columns(v=0)),
        lambda k, v, w: k is None or (k > 1 and v is None),
    ),
    "looked at by a rule": (
        lambda s: s.select("k").union(s.filter(col("w") > 1, name="big").select("k")), lambda k, v, w: None in (k, w),
    ),
    "a use's own": (
        lambda s: s.select("k").union(s.filter(col("k") > 1, name="big").select("k", "v"), missing="null"),
        lambda k, v, w: k is None or (k > 1 and v is None),
    ),
    "a branch": (
        lambda s: s.select("k").union(s.with_columns(x=fp.when(col("k") > 1).then(col("v")).otherwise(0)).select("k", "x"), missing="null"),
        lambda k, v, w: k is None or (k > 1 and v is None),
    ),
    "computed before": (
        lambda s: (t := s.with_columns(x=col("v") * 4_000_000_000_000_000_000)).select("k").union(t.select("k", "x"), missing="null"),
        lambda k, v, w: None in (k, v) or v > 2,
    ),
    "computed after": (
        lambda s: s.select("k").union(s.with_columns(x=col("v") * 4_000_000_000_000_000_000).select("k", "x"), missing="null"),
        lambda k, v, w: None in (k, v) or v > 2,
    ),
    "forked again": (
        lambda s: (t := s.filter(col("k") > 1, name="big")).select("k").union(t.select("k", "w"), s.select("k"), missing="null"),
        lambda k, v, w: k is None or (k > 1 and w is None),
    ),
    "looked up": (
        lambda s: s.select("k", "w").join(s.group_by("k").agg(n=agg.sum("v")), on="k", how="left", serve="embed"),
        lambda k, v, w: None in (k, v, w),
    ),
    "chosen": (lambda s: s.select("k", "w").join(s.select("k", "v"), on="k", how="semi"), lambda k, v, w: None in (k, w)),
}  # fmt: skip


def job_of(folder: Path, rows: list[Row], body: Body, name: str) -> Job:
    """The job over two files of these rows."""
    half = len(rows) // 2
    lines = ["".join(f"{'oops' if cell is None else cell}," for cell in row) + str(number) for number, row in enumerate(rows)]
    for number, part in enumerate((lines[:half], lines[half:])):
        (folder / f"{number}.csv").write_text("\n".join(["k,v,w,number", *part, ""]), encoding="utf-8")
    schema = {"k": "int64", "v": "int64", "w": "int64", "number": "int64"}
    source = fp.read_csv(str(folder / "*.csv"), schema=schema)
    return fp.job(sources={"s": source}, malformed="quarantine", name="forked")(lambda s: body(s.select("k", "v", "w")))


def set_aside(store: Path) -> list[int]:
    """The numbers of the rows that are in the quarantine, as often as they are there."""
    found = [record for file in store.glob("forked/data/*/quarantine/*.parquet") for record in pq.read_table(file).to_pylist()]
    assert all("malformed" in reason for record in found for reason in record["reasons"])
    return sorted(json.loads(record["data"])["number"] for record in found)


def expected(rows: list[Row], gone: Callable[..., bool]) -> list[int]:
    return [number for number, row in enumerate(rows) if gone(*row)]


def in_line(made: dict[str, Any]) -> None:
    """Each step's rows in are those that the steps before it gave out."""
    lines = made["ledger"]["lines"]
    out = {line["step"]: line["out"] for line in lines}
    users = {name: sum(line["inputs"].count(name) for line in lines) for name in out}
    for line in lines:
        given_out = sum(out[name] // users[name] if name.startswith("fork") else out[name] for name in line["inputs"])
        assert not line["inputs"] or line["in"] == given_out, line
        assert not line["step"].startswith("fork") or not line["quarantined"]


CELLS = st.one_of(st.integers(0, 3), st.none())


def test_generated_rows(host: EngineHost) -> None:
    @settings(max_examples=60 if host.name == "pandas" else 4, suppress_health_check=list(HealthCheck))
    @given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=2, max_size=9), name=st.sampled_from(sorted(BODIES)))
    def check(rows: list[Row], name: str) -> None:
        body, gone = BODIES[name]
        with tempfile.TemporaryDirectory() as folder:
            job = job_of(Path(folder), rows, body, name)
            made = outcome(job, host.engine, f"{folder}/store")
            if "error" in made:
                assert made == outcome(job, "pandas", f"{folder}/other")
                assert "learnt nothing" not in made["what"]
                return
            in_line(made)
            places = set_aside(Path(folder) / "store")
            assert sorted(set(places)) == expected(rows, gone)
            assert len(places) == made["rows"]["quarantined"]
            if host.name != "pandas":
                assert made == outcome(job, "pandas", f"{folder}/other", partitions=1)

    check()


ROWS: list[Row] = [(1, None, 1), (2, 1, 2), (2, None, 3), (3, 2, None), (None, 1, 1), (0, 3, 0)]


@pytest.mark.parametrize("name", sorted(BODIES))
def test_each(engine: Engine, tmp_path: Path, name: str) -> None:
    body, gone = BODIES[name]
    job = job_of(tmp_path, ROWS, body, name)
    made = outcome(job, engine, str(tmp_path / "store"))
    assert "error" not in made
    in_line(made)
    assert sorted(set(set_aside(tmp_path / "store"))) == expected(ROWS, gone)


def test_where_all_uses_look_at_it_a_row_is_set_aside_once(engine: Engine, tmp_path: Path) -> None:
    made = outcome(job_of(tmp_path, ROWS, BODIES["keys"][0], "keys"), engine, str(tmp_path / "store"))
    assert made["ledger"]["lines"][0] == {
        "step": "read s", "inputs": [], "in": 6, "created": 0, "out": 2, "dropped": {}, "merged": 0,
        "quarantined": {"malformed: v": 2, "malformed: w": 1, "malformed: k": 1},
    }  # fmt: skip
    assert made["rows"] == {"read": 6, "created": 2, "merged": 2, "dropped": 0, "quarantined": 4, "written": 2}


def test_a_branch_of_its_own_counts_where_its_rows_meet_others(engine: Engine, tmp_path: Path) -> None:
    made = outcome(job_of(tmp_path, ROWS, BODIES["a branch"][0], "branch"), engine, str(tmp_path / "store"))
    lines = {line["step"]: line for line in made["ledger"]["lines"]}
    assert lines["read s"]["quarantined"] == {"malformed: k": 1}
    (union,) = [line for step, line in lines.items() if step.startswith("union")]
    assert (union["in"], union["out"], union["quarantined"]) == (10, 9, {"malformed: v": 1})


@pytest.mark.parametrize("choosing", [lambda s: s.drop_duplicates("k"), lambda s: s.join(s.select("k"), on="k", how="semi")])
def test_a_malformed_cell_of_a_chosen_row_is_no_null(engine: Engine, tmp_path: Path, choosing: Body) -> None:
    (tmp_path / "0.csv").write_text("k,v\n1,oops\n2,2\n", encoding="utf-8")
    source = fp.read_csv(str(tmp_path / "0.csv"), schema={"k": "int64", "v": "int64"})
    for policy, rows in (("null", 2), ("quarantine", 1)):
        job = fp.job(sources={"s": source}, malformed=policy, name="chosen")(choosing)
        assert outcome(job, engine, str(tmp_path / policy))["rows"]["written"] == rows
    failed = outcome(fp.job(sources={"s": source}, name="chosen")(choosing), engine, str(tmp_path / "error"))
    assert failed["error"] == "RowRejected"
    assert "malformed: v" in failed["what"]
