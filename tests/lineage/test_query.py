"""Lineage asked of a store: from version to version, up and down, by column."""

from __future__ import annotations

import hashlib
import html.parser
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from featureprep import transforms as T
from featureprep.errors import ArgumentError, ColumnNotFoundError, CorruptArtefactError
from featureprep.expr.expression import coalesce, col
from featureprep.io.base import PinnedFile
from featureprep.lineage.columns import column_lineage
from featureprep.lineage.events import InputDataset, OutputDataset, RunFacts, complete, start, to_ndjson
from featureprep.lineage.query import lineage_of
from featureprep.plan import steps
from featureprep.plan.lower import lower
from featureprep.plan.table import Table
from featureprep.run.levels import plan_fit
from featureprep.store import paths
from featureprep.store.log import commit
from featureprep.store.log_entry import Draft, FileRecord, LogEntry
from featureprep.store.names import new_run_id
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import put_part
from tests.lineage.runs import NOW, info

RAW = pa.schema([("age", pa.int64()), ("pay", pa.float64())])


def table() -> Table:
    return Table(steps.Scan((), None, "rows"))


class Store:
    """A store with versions whose lineage is that of real plans."""

    def __init__(self, root: Path) -> None:
        self.store = ObjectStore.open(root)

    def url(self, entry: LogEntry) -> str:
        return self.store.locate(f"{paths.run_data(entry.name, entry.run_id)}/all/part-000000.parquet")

    def version(self, name: str, made: Table, schema: pa.Schema, files: list[PinnedFile], *, body: bytes | None = None) -> LogEntry:
        physical = lower(made.step, {"rows": schema})
        lineage = column_lineage(physical, plan_fit(list(physical.nodes.values()), physical.final.schema, "error"))
        run_id = new_run_id(NOW)
        out = OutputDataset(self.store.url, name, run_id, schema, 0, 0, 0, lineage)
        about = info(run_id=run_id, job=name)
        told = [start(about), complete(about, [InputDataset("rows", files, schema)], [out], at=NOW, facts=RunFacts())]
        data = to_ndjson(told).encode() if body is None else body
        part = put_part(self.store, f"{paths.run_data(name, run_id)}/lineage.ndjson", data)
        record = FileRecord("lineage.ndjson", part.size, part.sha256)
        draft = Draft(run_id, name, NOW, "pandas", "0" * 32, None, schema, (record,), {})
        return commit(self.store, name, draft)


FILE = PinnedFile("/data/raw.csv", 3, "sha256:" + "ab" * 32)
CLEAN = pa.schema([("age", pa.float64()), ("pay", pa.float64())])


@pytest.fixture
def chain(tmp_path: Path) -> Store:
    """/data/raw.csv -> clean@1 -> model@1 -> scores@1, and a clean@2 that nobody reads."""
    made = Store(tmp_path / "store")
    cleaned = table().filter(col("pay") > 0, name="paid").features(age=T.impute("age", "median"), pay="pay")
    clean = made.version("clean", cleaned, RAW, [FILE])
    made.version("clean", cleaned, RAW, [FILE])
    model = made.version(
        "model", table().features(x=T.standard_scale("age"), keep=["pay"]), CLEAN, [PinnedFile(made.url(clean), 1, "sha256:1")]
    )
    schema = pa.schema([("x", pa.float64()), ("pay", pa.float64())])
    made.version("scores", table().features(y=col("x") + 1), schema, [PinnedFile(made.url(model), 1, "sha256:2")])
    return made


def uses(view: Any) -> set[tuple[str, str | None, str, str | None, str]]:
    return {(link.source.split()[0], link.source_column, link.target, link.target_column, link.kind) for link in view.links}


UP_X = {
    ("clean@1", "age", "model@1", "x", "direct"),
    ("clean@1", "age", "model@1", "x", "fit"),
    ("file:///data/raw.csv", "age", "clean@1", "age", "direct"),
    ("file:///data/raw.csv", "age", "clean@1", "age", "fit"),
}
DOWN_X = {("model@1", "x", "scores@1", "y", "direct")}


def test_up_and_down_from_the_middle(chain: Store) -> None:
    view = lineage_of(chain.store, "model@1")
    assert uses(view) >= UP_X | DOWN_X
    assert ("file:///data/raw.csv", "pay", "clean@1", None, "direct") in uses(view)
    assert view.columns == ("x", "pay")
    assert "clean@2" not in view.nodes
    assert view.notes == ()


def test_one_column_is_followed_through_versions(chain: Store) -> None:
    assert uses(lineage_of(chain.store, "model@1").column("x")) == UP_X | DOWN_X
    assert uses(lineage_of(chain.store, "clean@1").column("pay")) == {
        ("file:///data/raw.csv", "pay", "clean@1", "pay", "direct"),
        ("file:///data/raw.csv", "pay", "clean@1", None, "direct"),
        ("clean@1", "pay", "model@1", "pay", "direct"),
    }


def test_one_direction(chain: Store) -> None:
    up = lineage_of(chain.store, "model", downstream=False)
    assert {link.target for link in up.links} == {"model@1", "clean@1"}
    down = lineage_of(chain.store, "model@latest", upstream=False).column("x")
    assert uses(down) == DOWN_X
    everything = lineage_of(chain.store, "clean@1", upstream=False)
    assert {link.target for link in everything.links} == {"model@1", "scores@1"}
    assert [line.split()[0] for line in everything.to_text().splitlines() if not line.startswith(" ")] == ["model@1", "scores@1"]


def test_nothing_was_made_of_it(chain: Store) -> None:
    view = lineage_of(chain.store, "scores", upstream=False)
    assert view.to_text() == "scores@1: no version in this store was made of it\n"
    assert "No version in this store was made of it" in view.to_html()


def test_a_store_that_was_moved_still_knows_its_own(chain: Store, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    Path(chain.store.url).rename(moved)
    assert uses(lineage_of(ObjectStore.open(moved), "scores").column("y")) >= UP_X | DOWN_X


def test_a_join_with_itself_and_a_loop_end(tmp_path: Path) -> None:
    made = Store(tmp_path)
    first = made.version("a", table().features(keep=["age"]), RAW, [FILE])
    both = [PinnedFile(made.url(first), 1, "x"), PinnedFile(made.url(first) + ".2", 1, "y")]
    made.version("a", table().features(keep=["age"]), RAW, both)
    assert uses(lineage_of(made.store, "a@2").column("age")) == {
        ("a@1", "age", "a@2", "age", "direct"),
        ("file:///data/raw.csv", "age", "a@1", "age", "direct"),
    }


def test_an_input_without_a_column_in_use_is_read(tmp_path: Path) -> None:
    made = Store(tmp_path)
    made.version("a", table().with_columns(three=coalesce(None, 3)).features(keep=["three"]), RAW, [FILE])
    view = lineage_of(made.store, "a")
    assert uses(view) == {("file:///data/raw.csv", None, "a@1", None, "read")}
    assert "(a constant: it comes from no column)" in view.to_text()
    assert "-. read .->" in view.to_mermaid()
    assert view.column("three").links == ()


def test_wrong_questions(chain: Store) -> None:
    with pytest.raises(ArgumentError, match="no dataset 'modle'.*\n.*model"):
        lineage_of(chain.store, "modle")
    with pytest.raises(ArgumentError, match="no version 9"):
        lineage_of(chain.store, "model@9")
    with pytest.raises(ColumnNotFoundError, match="model@1: no column 'z'"):
        lineage_of(chain.store, "model").column("z")


HOSTILE = {
    "no json": b"{",
    "no event": b"",
    "a list": b"[1]\n",
    "no outputs": b'{"eventType":"COMPLETE","inputs":[],"outputs":[]}\n',
    "odd types": b'{"eventType":"COMPLETE","inputs":3,"outputs":"x"}\n',
    "deep": b"[" * 100_000 + b"\n",
    "bad utf-8": b"\xff\xfe\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_lineage_is_said_to_be_none(tmp_path: Path, kind: str) -> None:
    made = Store(tmp_path)
    made.version("bad", table().features(keep=["age"]), RAW, [FILE], body=HOSTILE[kind])
    with pytest.raises(CorruptArtefactError, match=r"lineage\.ndjson: this is no lineage"):
        lineage_of(made.store, "bad")


def test_one_altered_byte_is_found_and_others_are_noted(chain: Store) -> None:
    path = next(Path(chain.store.url, "scores").rglob("lineage.ndjson"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    path.write_bytes(data)
    with pytest.raises(CorruptArtefactError, match="altered"):
        lineage_of(chain.store, "scores")
    view = lineage_of(chain.store, "model")
    assert [note.partition(":")[0] for note in view.notes] == ["scores@1"]
    assert "scores@1: this lineage was altered" in view.to_text()


def test_a_version_whose_lineage_is_gone(chain: Store) -> None:
    for path in Path(chain.store.url, "clean", "data").rglob("lineage.ndjson"):
        path.unlink()
    view = lineage_of(chain.store, "model", downstream=False)
    assert view.notes == ("clean@1: the lineage of this version is gone",)
    assert ("clean@1", "age", "model@1", "x", "direct") in uses(view)


# Spellings.


def test_text(chain: Store) -> None:
    text = lineage_of(chain.store, "model").column("x").to_text()
    assert "model@1  run r2026" in text
    assert "    <- clean@1 : age  [fit, aggregation]  standard_scale(age)" in text
    assert "    <- file:///data/raw.csv : age  [direct, transformation]  impute(age, strategy='median')" in text


def test_text_does_not_say_a_name_twice(chain: Store) -> None:
    lines = lineage_of(chain.store, "clean").to_text().splitlines()
    assert "    <- file:///data/raw.csv : pay  [direct, identity]" in lines
    assert not any(line.endswith("]  pay") for line in lines)


def test_json(chain: Store) -> None:
    view = lineage_of(chain.store, "model")
    body = view.to_json()
    assert json.loads(json.dumps(body)) == body
    assert (body["dataset"], body["columns"]) == ("model@1", ["x", "pay"])
    keys = {node["key"] for node in body["nodes"]}
    assert {end for link in body["links"] for end in (link["source"], link["target"])} <= keys


def test_mermaid(chain: Store) -> None:
    text = lineage_of(chain.store, "model").column("x").to_mermaid()
    assert text.startswith("flowchart LR\n")
    assert '["model@1"]' in text
    assert "-. fit .->" in text
    assert text.count("subgraph ") == text.count("  end\n") == 4


class Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_hostile_names_in_every_spelling(tmp_path: Path) -> None:
    made = Store(tmp_path)
    nasty = '"]; click x<script>alert(1)</script>\u202e`\n' + "x" * 10_000
    schema = pa.schema([(nasty, pa.int64())])
    made.version("a", table().features(keep=[nasty]), schema, [PinnedFile(f"/data/{nasty}", 1, "v")])
    view = lineage_of(made.store, "a")
    assert view.column(nasty).columns == (nasty,)
    for text in (view.to_text(), view.to_mermaid(), view.to_html()):
        assert "\u202e" not in text
        assert "x" * 1000 not in text
    for text in (view.to_mermaid(), view.to_html()):
        assert "<script>alert" not in text
    for line in view.to_mermaid().splitlines():
        assert line.count('"') in (0, 2)
    tags = Tags()
    tags.feed(view.to_html())  # its own script, style and links: tests/report/test_html.py
    assert not tags.seen & {"img", "iframe", "object"}
    assert not {name for name in tags.attributes if name.startswith("on") or name in ("src", "style")}


def test_the_digest_in_the_log_is_what_is_compared(chain: Store) -> None:
    entry = lineage_of(chain.store, "model").run_id
    data = chain.store.read(f"{paths.run_data('model', entry)}/lineage.ndjson")
    path = next(Path(chain.store.url, "model", "log").glob("*.json"))
    assert hashlib.sha256(data).hexdigest() in path.read_text()
