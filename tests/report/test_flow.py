"""The ledger as a picture: every row of it is somewhere, and bands are as wide as there are rows."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from featureprep.report.flow import flow_svg
from featureprep.report.flow_steps import steps_of


def line(
    step: str, inputs: list[str], rows: int, *, created: int = 0, merged: int = 0, dropped: Any = (), quarantined: Any = ()
) -> dict[str, Any]:
    gone = merged + sum(dict(dropped).values()) + sum(dict(quarantined).values())
    return {"step": step, "inputs": inputs, "in": rows, "created": created, "out": rows + created - gone, "dropped": dict(dropped),
            "quarantined": dict(quarantined), "merged": merged}  # fmt: skip


PLAIN = [
    line("read people", [], 1000),
    line("filter of age", ["read people"], 1000, dropped={"of age": 300}, quarantined={"no pay": 200}),
    line("write", ["filter of age"], 500),
]


def widths(svg: str) -> list[float]:
    return [float(width) for width in re.findall(r'class="band"[^>]*stroke-width="([\d.]+)"', svg)]


def test_bands_are_as_wide_as_there_are_rows() -> None:
    full, half = widths(flow_svg(PLAIN, {"all": 500}))
    assert full == 2 * half
    assert full == 112


def test_what_it_says() -> None:
    svg = flow_svg(PLAIN, {"train": 400, "eval": 100})
    element = ET.fromstring(svg)
    assert element.get("aria-label", "").startswith("Flow of rows: 1,000 read, 500 written, 300 dropped, 200 quarantined.")
    texts = [text.text for text in element.iter("text")]
    for told in ("read people", "1,000 in, 500 out", "300 dropped: of age", "200 quarantined: no pay", "400 rows, 80 %", "100 rows, 20 %"):
        assert told in texts, told
    assert len(widths(svg)) == 4
    assert int(element.get("width", "0")) <= 370  # a phone shows it without scaling


def test_tables_that_meet() -> None:
    lines = [
        line("read a", [], 60), line("read b", [], 40), line("read c", [], 4),
        line("join", ["read a", "read c"], 64, created=6, merged=4, dropped={"no match": 10}),
        line("union", ["join", "read b"], 96),
    ]  # fmt: skip
    steps, _ = steps_of(lines, {})
    assert [step.inputs for step in steps] == [[], [], [], [(0, 0), (2, 0)], [(3, 0), (1, 0)]]
    svg = flow_svg(lines, {})
    assert len(widths(svg)) == 4
    assert "6 created" in svg
    assert "4 merged into other rows" in svg


def test_a_table_that_is_used_twice_is_shared() -> None:
    lines = [
        line("read a", [], 50),
        line("fork after read a", ["read a"], 50, created=50),
        line("x", ["fork after read a"], 50),
        line("y", ["fork after read a"], 50),
    ]
    steps, _ = steps_of(lines, {})
    assert steps[1].shares == [50, 50]
    assert len(set(widths(flow_svg(lines, {})))) == 1


def test_long_ledgers_leave_out_what_changes_nothing() -> None:
    lines = [line("read a", [], 9)]
    for i in range(40):
        lines.append(line(f"step {i}", [str(lines[-1]["step"])], 9 - i // 20, dropped={"odd": 1} if i == 20 else {}))
    svg = flow_svg(lines, {"all": 8})
    assert svg.count('class="step"') == 3
    assert "38 steps that keep every row are not drawn" in svg


def test_many_rules_are_summed() -> None:
    svg = flow_svg([line("read a", [], 100, dropped={f"rule {i}": i + 1 for i in range(10)})], {})
    assert "10 dropped: rule 9" in svg
    assert "10 dropped: 4 more rules" in svg  # 1 + 2 + 3 + 4


def test_hostile_texts() -> None:
    nasty = '"><script>alert(1)</script>\u202e\x00'
    svg = flow_svg([line(nasty, [], 3, dropped={nasty: 1}, quarantined={nasty * 10: 1})], {nasty: 1, nasty * 20: 0})
    assert {element.tag for element in ET.fromstring(svg).iter()} <= {"svg", "rect", "path", "text", "title"}
    assert "\u202e" not in svg


def test_nothing_to_draw() -> None:
    assert flow_svg([], {}) == ""
    assert "0 rows" in flow_svg([line("read a", [], 0)], {"train": 0})


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 5), max_size=3, unique=True), st.integers(0, 10**12), st.integers(0, 99)), min_size=1, max_size=30
    ),
    st.dictionaries(st.text(max_size=4), st.integers(0, 10**6), max_size=4),
)
def test_any_ledger_is_drawn(shape: list[tuple[list[int], int, int]], splits: dict[str, int]) -> None:
    lines = [
        line(f"s{i}", [f"s{i - 1 - back}" for back in inputs if i - 1 - back >= 0], rows + more, created=more, dropped={"r": more})
        for i, (inputs, rows, more) in enumerate(shape)
    ]
    element = ET.fromstring(flow_svg(lines, splits))
    width, height = float(element.get("width", 0)), float(element.get("viewBox", "").split()[3])
    for rect in element.iter("rect"):
        assert 0 <= float(rect.get("x", -1)) <= width
        assert 0 <= float(rect.get("y", -1)) <= height
