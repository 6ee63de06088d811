"""Columns that are not sent to a join or an explode because nobody uses them afterwards: what they are, and that nothing else changes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.jobs.explain import explain
from featureprep.plan.lower import lower
from featureprep.plan.physical import Physical, Rule
from featureprep.plan.steps import Scan
from featureprep.plan.table import Table
from featureprep.testing.compare import outcome

MAIN = pa.schema([("id", pa.int64()), ("k", pa.int64()), ("g", pa.string()), ("x", pa.float64()), ("note", pa.string())])
WORDS = MAIN.append(pa.field("words", pa.list_(pa.string())))
SIDE = pa.schema([("k", pa.int32()), ("v", pa.float64()), ("w", pa.string()), ("x", pa.float64())])
SCHEMAS = {"main": WORDS, "side": SIDE}


def table(source: str) -> Table:
    return Table(Scan((), None, source))


def lowered(made: Table, certain: tuple[str, ...] = ("main", "side"), **options: Any) -> Physical:
    """A plan, after which what each pipe reads is there."""
    physical = lower(made.step, SCHEMAS, certain=certain, **options)
    stages = {exchange.name: exchange.schema for exchange in physical.exchanges}
    for pipe in (*(p for x in physical.exchanges for p in x.pipes), *(e.pipe for e in physical.embedded), physical.final):
        if pipe.input.kind == "stage":
            assert pipe.schema == stages[pipe.input.name]
        assert set(pipe.columns()) <= set(pipe.schema.names)
    assert tuple(x for x in physical.order if x in physical.exchanges) == physical.exchanges
    return physical


def sent(physical: Physical, number: int = 0) -> list[list[str]]:
    """The columns that the pipes of an exchange send."""
    return [sorted(pipe.emit) for pipe in physical.exchanges[number].pipes]


def by_group(t: Table) -> Table:
    return t.group_by("g").agg(v=agg.sum("v")).features(keep=["g", "v"])


def both(**options: Any) -> Table:
    return table("main").join(table("side"), on="k", **options)


def test_a_join_sends_what_is_used_after_it() -> None:
    physical = lowered(by_group(both()))
    assert sent(physical) == [["g", "k"], ["k", "v"]]
    assert physical.exchanges[0].schema.names == ["k", "g", "v"]
    assert physical.columns_read("main") == {"g", "k"}


def test_keys_of_other_names_and_renamed_columns() -> None:
    joined = table("main").join(table("side").rename(k="key"), left_on="k", right_on="key", how="left")
    physical = lowered(joined.group_by("g").agg(v=agg.sum("x_right")).features(keep=["v"]))
    assert sent(physical) == [["g", "k"], ["key", "x"]]
    assert physical.exchanges[0].params["right_names"] == {"key": "key", "x": "x_right"}


def test_an_explode_sends_what_is_used_after_it() -> None:
    exploded = table("main").explode("words", position="at")
    assert sent(lowered(exploded.group_by("g").agg(n=agg.count()).features(keep=["g", "n"]))) == [["g", "words"]]


def test_chains() -> None:
    again = both().join(table("side").rename(v="v2", w="w2", x="x2"), on="k").explode("words")
    physical = lowered(again.group_by("words").agg(v=agg.sum(col("v") + col("v2"))).features(keep=["v"]))
    assert [sent(physical, i) for i in range(3)] == [
        [["k", "words"], ["k", "v"]],
        [["k", "v", "words"], ["k", "v2"]],
        [["v", "v2", "words"]],
    ]


def test_what_rules_and_other_tables_use_is_sent() -> None:
    joined = both()
    ruled = joined.filter(col("note") != "").group_by("g").agg(v=agg.sum("v"))
    other = joined.group_by("g").agg(w=agg.n_unique("w"))
    assert sent(lowered(ruled.join(other, on="g").features(keep=["v", "w"]))) == [["g", "k", "note"], ["k", "v", "w"]]


ALL = [sorted(WORDS.names), sorted(SIDE.names)]
WHOLE: list[tuple[str, Callable[[], Table], dict[str, Any]]] = [
    ("the entry table", lambda: both().features(keep=["g"]), {}),
    ("rows of the entry table that are chosen", lambda: both().drop_duplicates("g").features(keep=["g"]), {}),
    ("all columns decide", lambda: by_group(both().drop_duplicates()), {}),
    ("rows may be set aside", lambda: by_group(both().quarantine(when=col("v") > 1, reason="r")), {}),
    ("cells may be set aside", lambda: by_group(both()), {"malformed": "quarantine"}),
    ("cells may be set aside", lambda: by_group(both().with_columns(v=col("w").cast("float64", malformed="quarantine"))), {}),
]


@pytest.mark.parametrize("make, options", [case[1:] for case in WHOLE], ids=[case[0] for case in WHOLE])
def test_where_all_columns_are_kept(make: Callable[[], Table], options: dict[str, Any]) -> None:
    assert sent(lowered(make(), **options)) == ALL


def test_what_may_reject_rows_is_sent() -> None:
    assert sent(lowered(by_group(both()), certain=("side",))) == [ALL[0], ["k", "v"]]
    assert sent(lowered(by_group(both()), certain=())) == ALL
    chosen = table("main").drop_duplicates("g").join(table("side"), on="k")  # a stage of rows as they were
    assert sent(lowered(by_group(chosen)), 1) == [ALL[0], ["k", "v"]]
    computed = table("main").with_columns(y=col("note").cast("int64")).join(table("side"), on="k")
    assert sent(lowered(by_group(computed))) == [["g", "k", "y"], ["k", "v"]]


def test_rules_of_a_contract_read_what_they_look_at() -> None:
    rule = Rule("drop", "named", (col("note") != "").node, "")
    physical = lowered(by_group(both()), source_rules={"main": (rule,)})
    assert sent(physical) == [["g", "k"], ["k", "v"]]
    assert "note" in physical.columns_read("main")


def test_explain_tells_of_fewer_columns() -> None:
    sources = {"main": fp.from_arrow(WORDS.empty_table()), "side": fp.from_arrow(SIDE.empty_table())}
    job = fp.job(sources=sources, name="j")(lambda main, side: by_group(main.join(side, on="k")))
    (scan,) = [scan for scan in explain(job, statistics=False).scans if scan.over == "source main and source side"]
    assert set(scan.columns) == {"g", "k", "v"}


# Nothing else changes.

VERBS: dict[str, Callable[[Table, Table], Table]] = {
    "join": lambda t, s: t.join(s, on="k"),
    "left join": lambda t, s: t.join(s, on="k", how="left"),
    "semi join": lambda t, s: t.join(s, on="k", how="semi"),
    "group join": lambda t, s: t.join(t.group_by("g").agg(m=agg.max("id"), f=agg.first("note", order_by="id")), on="g"),
    "side join": lambda t, s: t.join(s.join(s.select("k").with_columns(c="k"), on="k"), on="k"),
    "embed": lambda t, s: t.join(s.drop_duplicates("k"), on="k", how="left", serve="embed"),
    "explode": lambda t, s: t.with_columns(bits=col("g").str.split("-")).explode("bits", empty="null", position="at").drop("bits", "at"),
    "filter": lambda t, s: t.filter(col("x") > 0),
    "quarantine": lambda t, s: t.quarantine(when=col("x") > 2, reason="big"),
    "distinct": lambda t, s: t.drop_duplicates(),
    "by key": lambda t, s: t.drop_duplicates("g", order_by="id"),
    "compute": lambda t, s: t.with_columns(x=col("x") * 2, note=col("g")),
    "double": lambda t, s: t.union(t.select("id", "k", "g", "x", "note"), missing="null"),
    "shift": lambda t, s: t.shift(before="x", by="g", order_by="id").with_columns(x="before").drop("before"),
    "sample": lambda t, s: t.sample(0.7),
}
LAST: dict[str, Callable[[Table], Table]] = {
    "plain": lambda t: t.features(x=T.standard_scale("x"), g=T.vocabulary("g"), keep=["id"]),
    "grouped": lambda t: (
        t.group_by("g").agg(x=agg.sum("x"), n=agg.count(), a=agg.first("id", order_by="x")).features(keep=["g", "x", "n", "a"])
    ),
    "all": lambda t: t.features(x="x"),
}
CELLS = {
    "id": st.integers(0, 9), "k": st.none() | st.integers(0, 4), "g": st.sampled_from([None, "a", "a-b", "", "é"]),
    "x": st.none() | st.sampled_from([0.1, -0.0, 1e17, 3.0]), "note": st.sampled_from([None, "n", "o"]), "v": st.floats(-1, 1),
    "w": st.sampled_from(["p", "q"]),
}  # fmt: skip
TEXTS = st.sampled_from(["", "1", "2.5", "0", "oops"])


def rows_of(names: list[str], most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries({name: CELLS[name] for name in names}), max_size=most)


def csv_of(path: Path, rows: list[dict[str, Any]], bad: str, schema: pa.Schema) -> Any:
    """The rows as a file in which one number may be none."""
    lines = [",".join("" if row[name] is None else str(row[name]) for name in schema.names) for row in rows]
    if lines and bad in schema.names:
        lines[0] = ",".join("oops" if name == bad else cell for name, cell in zip(schema.names, lines[0].split(","), strict=True))
    path.write_text("\n".join([",".join(schema.names), *lines]) + "\n", encoding="utf-8")
    return fp.read_csv(str(path), null_values=[""], schema=schema)


def set_aside(store: Path) -> list[str]:
    """All rows that were set aside, as text, without their places: those in a stage or in memory depend on how rows are cut."""
    told = ["step", "reasons", "source", "data"]
    return sorted(str(row) for path in store.rglob("*quarantine*/**/*.parquet") for row in pq.read_table(path).select(told).to_pylist())


@pytest.mark.parametrize("malformed", ["error", "null", "quarantine"])
def test_a_cell_that_nobody_uses_may_still_reject_its_row(malformed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = csv_of(tmp_path / "main.csv", [{"id": i, "k": i, "g": "a", "x": 0.5, "note": "n"} for i in range(3)], "x", MAIN)
    side = csv_of(tmp_path / "side.csv", [{"k": i, "v": 0.5, "w": "p", "x": 1.0} for i in range(3)], "", SIDE)
    job = fp.job(sources={"main": main, "side": side}, name="j", malformed=malformed)(lambda main, side: by_group(main.join(side, on="k")))
    found = outcome(job, "pandas", str(tmp_path / "with"))
    monkeypatch.setattr("featureprep.plan.lower.without_unused", lambda order, *_: tuple(order))
    assert found == outcome(job, "pandas", str(tmp_path / "without"))
    assert ("error" in found) is (malformed == "error")


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    verbs=st.lists(st.sampled_from(sorted(VERBS)), min_size=1, max_size=4), last=st.sampled_from(sorted(LAST)),
    main=rows_of(["id", "k", "g", "x", "note"], 12), side=rows_of(["k", "v", "w", "x"], 6), files=st.booleans(),
    malformed=st.sampled_from(["error", "null", "quarantine"]), bad=st.sampled_from(["", "x", "v", "id"]), split=st.booleans(),
)  # fmt: skip
def test_results_are_the_same(
    verbs: list[str], last: str, main: list[dict[str, Any]], side: list[dict[str, Any]], files: bool, malformed: str, bad: str, split: bool
) -> None:
    def body(main: Table, side: Table) -> Table:
        for i, verb in enumerate(verbs):
            apart = side.rename(v=f"v{i}", w=f"w{i}", x=f"x{i}")
            main = VERBS[verb](main, apart)
        return LAST[last](main)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if files:
            sources = {"main": csv_of(folder / "main.csv", main, bad, MAIN), "side": csv_of(folder / "side.csv", side, bad, SIDE)}
        else:
            tables = {"main": pa.Table.from_pylist(main, MAIN), "side": pa.Table.from_pylist(side, SIDE)}
            sources = {name: fp.from_arrow(made) for name, made in tables.items()}
        job = fp.job(sources=sources, name="j", malformed=malformed, split=fp.split(train=0.5, eval=0.5) if split else None)(body)
        found = outcome(job, "pandas", f"{name}/with", partitions=3)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("featureprep.plan.lower.without_unused", lambda order, *_: tuple(order))
            expected = outcome(job, "pandas", f"{name}/without", partitions=2)
        assert found == expected
        assert set_aside(folder / "with") == set_aside(folder / "without")
