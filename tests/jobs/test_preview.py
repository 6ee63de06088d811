"""Previews: the first rows only are read, dates are dates, and what was learnt from which rows is said."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import ParseError, WorldError
from featureprep.io import listing
from featureprep.io.base import Source
from featureprep.jobs.definition import Job
from tests.jobs.cases import make_job

N = 3000


def rows(n: int = N) -> list[dict[str, Any]]:
    return [{"id": i, "x": float(i), "w": f"w{i % 3}", "day": dt.date(2024, 1, 1) + dt.timedelta(days=i % 9)} for i in range(n)]


def sources(folder: Path) -> dict[str, Source]:
    """The same rows in every format."""
    table = pa.Table.from_pylist(rows())
    pq.write_table(table, folder / "p.parquet", row_group_size=700)
    with pa.OSFile(str(folder / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=450)
    lines = [f"{r['id']},{r['x']},{r['w']},{r['day']}" for r in rows()]
    for part in range(3):
        (folder / f"c{part}.csv").write_text("\n".join(["id,x,w,day", *lines[part * 1000 : (part + 1) * 1000]]) + "\n")
    (folder / "j.jsonl").write_text("".join(json.dumps({**r, "day": str(r["day"])}) + "\n" for r in rows()))
    return {
        "parquet": fp.read_parquet(str(folder / "p.parquet")),
        "arrow": fp.read_arrow(str(folder / "a.arrow")),
        "csv": fp.read_csv(str(folder / "c*.csv")),
        "json": fp.read_json(str(folder / "j.jsonl")),
        "memory": fp.from_arrow(table),
    }


def job_of(source: Source, **options: Any) -> Job:
    return make_job(lambda main: main.filter(col("id") >= 2, name="late").features(x=T.standard_scale("x"), w=T.one_hot("w"), keep=["id", "day"]), source, **options)  # fmt: skip


@pytest.mark.parametrize("kind", ["parquet", "arrow", "csv", "json", "memory"])
def test_every_format_gives_the_first_rows_and_is_pinned_by_none(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sources(tmp_path)[kind]

    def refused(*args: Any) -> Any:
        raise AssertionError("a preview must not read whole files")

    monkeypatch.setattr(listing, "pin", refused)
    monkeypatch.setattr(listing, "stored_blocks", refused)
    made = job_of(source).preview(4, sample=1200)
    assert made.table["id"].to_pylist() == [2, 3, 4, 5]
    assert made.table["day"].to_pylist()[0] == dt.date(2024, 1, 3)
    assert made.rows == 1198
    (looked,) = made.sources.values()
    assert (looked.rows, looked.more, looked.inferred) == (1200, True, kind in ("csv", "json"))
    assert made.taken == {("dropped", "late"): 2}
    xs = [float(i) for i in range(2, 1200)]
    mean = sum(xs) / len(xs)
    (constants,) = (c for c in made.graph.constants.values() if "mean" in c)
    assert constants["mean"] == mean
    assert "learnt from them alone" in made.notes()[0]
    assert "the first 1,200 rows of main" in repr(made)


def test_what_is_small_is_read_whole_and_equals_a_run(tmp_path: Path) -> None:
    source = sources(tmp_path)["csv"]
    made = job_of(source).preview(10_000, sample=N)
    assert not made.sources["main"].more
    assert "all 3,000 rows of main" in made.notes()[0]
    assert "will differ" not in made.notes()[0]
    run = job_of(source).run(store=str(tmp_path / "store"), progress=False)
    assert made.table.sort_by("id").to_pylist() == run.dataset.to_arrow().sort_by("id").to_pylist()
    assert made.graph.fingerprint == run.graph.fingerprint


def test_that_a_run_learns_from_a_part_only_is_said(tmp_path: Path) -> None:
    made = job_of(fp.from_arrow(pa.Table.from_pylist(rows(50))), split=fp.split(train=0.8, eval=0.2)).preview()
    assert not made.sources["main"].more
    assert "learns from the part 'train' of its split only, so its values will differ" in made.notes()[0]
    assert "white-space:nowrap" in made._repr_html_()
    assert "overflow-wrap:anywhere" not in made._repr_html_()


def test_of_many_files_only_the_first_are_opened(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n" + "1\n" * 50)
    (tmp_path / "b.csv").write_bytes(b'x\n"never closed\n')
    made = make_job(lambda main: main.features(keep=["x"]), fp.read_csv(str(tmp_path / "*.csv"))).preview(3, sample=20)
    assert made.table.num_rows == 3
    with pytest.raises(ParseError, match="b.csv"):
        make_job(lambda main: main.features(keep=["x"]), fp.read_csv(str(tmp_path / "*.csv"))).preview(3, sample=60)


def test_malformed_cells_follow_the_policy_and_the_contract_sets_rows_aside(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,5\nzwei,6\n3,-7\n")
    (tmp_path / "contract.yaml").write_text(
        "columns:\n  x: {type: int64, type: {is: int64, action: quarantine}}\n".replace("type: int64, ", "")
        + "  y: {type: int64, range: {min: 0, action: drop}}\n"
    )
    source = fp.read_csv(str(tmp_path / "a.csv"))
    made = make_job(lambda main: main.features(keep=["x", "y"]), source, contract=str(tmp_path / "contract.yaml")).preview()
    assert made.table.to_pylist() == [{"x": 1, "y": 5}]
    assert {kind: n for (kind, _), n in made.taken.items()} == {"quarantined": 1, "dropped": 1}
    typed = fp.read_csv(str(tmp_path / "a.csv"), schema={"x": "int64", "y": "int64"})
    with pytest.raises(fp.RowRejected, match="malformed: x"):
        make_job(lambda main: main.features(keep=["x", "y"]), typed).preview()


def test_no_rows_no_files_and_odd_requests(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n")
    made = make_job(lambda main: main.features(x="x"), fp.read_csv(str(tmp_path / "a.csv"))).preview()
    assert (made.table.num_rows, made.rows) == (0, 0)
    assert made._repr_html_().startswith("<div")
    with pytest.raises(WorldError):
        make_job(lambda main: main.features(x="x"), fp.read_csv(str(tmp_path / "none.csv"))).preview()
    for options in ({"rows": -1}, {"sample": 0}, {"rows": 1.5}):
        with pytest.raises(fp.FeatureprepError):
            make_job(lambda main: main.features(x="x"), fp.read_csv(str(tmp_path / "a.csv"))).preview(**options)


def test_rows_that_meet_and_a_preview_without_any_left(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(rows())
    made = make_job(lambda main: main.drop_duplicates("w").features(keep=["w"]), fp.from_arrow(table)).preview()
    assert sorted(made.table["w"].to_pylist()) == ["w0", "w1", "w2"]
    none = make_job(lambda main: main.filter(col("id") > 2000).features(keep=["id"]), fp.from_arrow(table)).preview()
    assert any("drop_duplicates(w)" in note and "another order" in note for note in made.notes())
    assert any("no row is left" in note for note in none.notes())


def test_categories_that_a_run_may_refuse_are_told_of() -> None:
    table = pa.table({"w": [f"w{i}" for i in range(N)], "few": [f"w{i % 3}" for i in range(N)]})

    def noted(build: Any, **options: Any) -> list[str]:
        return [note for note in make_job(build, fp.from_arrow(table)).preview(**options).notes() if "refuse it" in note]

    (note,) = noted(lambda main: main.features(w=T.one_hot("w"), few=T.one_hot("few")))
    assert "one_hot of w found 1,000 categories" in note
    assert "top_k=" in note
    assert noted(lambda main: main.features(w=T.one_hot("w", top_k=20))) == []
    assert noted(lambda main: main.features(w=T.one_hot("w", sparse=True))) == []
    assert noted(lambda main: main.features(w=T.one_hot("w")), sample=N) == []
