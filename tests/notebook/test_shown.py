"""What shows itself as HTML: escaped whatever the names and values, small whatever the number of columns, without script or reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.jobs.result import Run
from featureprep.lineage.query import lineage_of
from featureprep.notebook.html import COLUMNS, ROWS, card, code, facts, fold, grid, line
from featureprep.store.objects import ObjectStore
from featureprep.validators.contract_yaml import load_contract

EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(2)>&'\u202e\n\x1b[31m"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One of everything, made of hostile names and values."""
    folder = tmp_path_factory.mktemp("shown")
    table = pa.table({EVIL: [1.0, 2.0, None, 4.0] * 10, "w": [EVIL, "b", None, "d"] * 10, "n": list(range(40))})

    @fp.job(sources={"main": fp.from_arrow(table)}, split=fp.split(train=0.5, eval=0.5))
    def case(main: fp.Table) -> fp.Table:
        """A job of <b>odd</b> names."""
        kept = main.filter(col(EVIL) < 4, name=EVIL)
        return kept.features({EVIL: T.standard_scale(T.impute(EVIL, "mean"))}, w=T.one_hot("w"), keep=["n"])

    store = str(folder / "store")
    run = case.run(store=store, progress=False)
    contract = load_contract(
        f"columns:\n  {__import__('json').dumps(EVIL)}: {{type: float64, range: {{min: 0}}}}\n  w: string\n", where="here"
    )
    holder: list[fp.Table] = []

    @fp.job(sources={"main": fp.from_arrow(table)})
    def other(main: fp.Table) -> fp.Table:
        holder.append(main.filter(col(EVIL) < 4, name=EVIL))
        return holder[0].features(keep=["n"])

    return {
        "table": holder[0], "job": case, "preview": case.preview(), "explanation": case.explain(), "run": run, "dataset": run.dataset,
        "report": run.report, "ledger": run.ledger, "graph": run.graph, "events": run.lineage, "statistics": run.report.statistics,
        "trace": run.graph.trace({EVIL: 2.0, "w": EVIL, EVIL + "!": 3}), "contract": contract,
        "lineage": lineage_of(ObjectStore.open(store), "case@1"),
    }  # fmt: skip


KINDS = ("table", "job", "preview", "explanation", "run", "dataset", "report", "ledger", "graph", "events", "statistics", "trace", "contract", "lineage")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_and_values_are_escaped(kind: str, shown: dict[str, Any]) -> None:
    html = shown[kind]._repr_html_()
    assert html.startswith('<div class="fprep')
    assert html.count("<div") == html.count("</div>")
    for tag in ("<script", "<img", "<b>odd", "\u202e", "\x1b", "<link", "@import", "url("):
        assert tag not in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
    if kind not in ("run", "report"):
        assert len(html) < 30_000


@pytest.mark.parametrize("kind", KINDS)
def test_every_repr_is_short_text(kind: str, shown: dict[str, Any]) -> None:
    text = repr(shown[kind])
    assert 10 < len(text) < 8000
    assert "\x1b" not in text
    assert "object at 0x" not in text


def test_a_report_s_notebook_form_is_a_fragment_and_its_page_a_page(shown: dict[str, Any], tmp_path: Path) -> None:
    assert "<html" not in shown["report"]._repr_html_()
    shown["report"].save(str(tmp_path / "r.html"))
    assert "<html" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_500_columns_stay_small() -> None:
    table = pa.table({f"c{i}": [float(i), 1.0] for i in range(500)})

    @fp.job(sources={"main": fp.from_arrow(table)})
    def wide(main: fp.Table) -> fp.Table:
        return main.features({f"f{i}": col(f"c{i}") + 1 for i in range(500)})

    made = wide.preview(2)
    html = made._repr_html_()
    assert len(html) < 20_000
    assert f"{500 - COLUMNS:,} more columns" in html
    assert "488 more columns" in repr(made)
    assert len(wide._repr_html_()) < 200_000
    assert len(repr(wide)) < 300


def test_an_empty_run_shows_itself(tmp_path: Path) -> None:
    table = pa.table({"x": pa.array([], pa.float64())})

    @fp.job(sources={"main": fp.from_arrow(table)})
    def empty(main: fp.Table) -> fp.Table:
        return main.features(x=col("x") + 1)

    run: Run = empty.run(store=str(tmp_path / "store"), statistics=False, progress=False)
    for one in (run, run.dataset, run.report, run.ledger, run.graph, run.lineage, run.report.statistics, empty.preview()):
        assert one._repr_html_().startswith("<div")
    assert "none were computed" in run.report.statistics._repr_html_()


def test_the_pieces() -> None:
    assert "&lt;a&gt;" in card("<a>", line("<b>"), note="<c>")
    assert "<b>" not in card("<a>", line("<b>"), "<b>", note="<c>")
    assert fold("nothing inside", "") == ""
    assert "<th>" in facts({"<k>": "<v>", "none": None})
    assert "none" not in facts({"k": "v", "none": None})
    assert "&lt;x" in code("<x>")
    many = grid(("a",), [(i,) for i in range(100)])
    assert f"{100 - ROWS} more rows" in many
    assert "… and" not in grid(("a",), [(1,)])
