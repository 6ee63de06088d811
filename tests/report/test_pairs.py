"""A column beside its baseline: heights and lengths are the shares, and no text is taken for markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from featureprep.report.pairs import Row, pair_of, rows_of, table_of

NASTY = "<script>alert(1)</script>\u202e\"'\n"


def test_both_are_drawn_to_one_scale() -> None:
    drawn = pair_of([0.5, 0.0, 0.25], [0.25, 0.75, 0.0], "0", "9", "trips@2")
    element = ET.fromstring(drawn.svg)
    bars, line = [str(path.get("d")) for path in element]
    assert [(40 - float(y)) / 39 for y in re.findall(r"V([\d.]+)h", bars)] == [2 / 3, 1 / 3]  # the one that is empty has no bar
    assert [(40 - float(y)) / 39 for y in re.findall(r"V([\d.]+)h", line)] == [1 / 3, 1.0, 0.0]
    assert element.get("aria-label") == "Histogram from 0 to 9, highest bar 75 % of the rows, beside that of trips@2"
    assert element[1].get("class") == "was"
    assert len(list(ET.fromstring(pair_of([0.5, 0.5], None, "0", "9", "").svg))) == 1


def test_what_is_rare_is_still_seen() -> None:
    bars, line = [str(path.get("d")) for path in ET.fromstring(pair_of([0.99999, 0.00001], [0.99999, 0.00001], "a", "b", "x").svg)]
    assert re.findall(r"V([\d.]+)h", bars)[1] == re.findall(r"V([\d.]+)h", line)[1] == "38.8"


def test_nothing_at_all_is_drawn_as_nothing() -> None:
    assert ET.fromstring(pair_of([0.0, 0.0], [0.0, 0.0], "a", "b", "x").svg)[0].get("d") == ""


def test_rows_have_shares_of_all_rows() -> None:
    (row, unknown) = rows_of([Row("a", (5, 1)), Row("b", (None, 3))], [10, 4])
    assert row.texts == ("50 %", "25 %")
    assert ['width="50%"' in row.bars[0], 'width="25%"' in row.bars[1]] == [True, True]
    assert unknown.texts == ("–", "75 %")
    assert rows_of([Row("a", (0, 0))], [0, 0])[0].texts == ("–", "–")


def test_names_and_values_are_text() -> None:
    drawn = pair_of([1.0], [1.0], NASTY, NASTY, NASTY)
    element = ET.fromstring(drawn.svg)
    assert len(list(element.iter())) == 3
    assert "\u202e" not in drawn.svg
    assert "\n" not in drawn.svg
    assert rows_of([Row(NASTY, (1,))], [1])[0].label == "<script>alert(1)</script>\\u202e\"'\\n"
    assert table_of([Row(NASTY, (1, 1))], [1, 1], NASTY)[1][1] == "<script>alert(1)</script>\\u202e\"'\\n"
    assert rows_of([Row("  ", (1,))], [1])[0].label == '"  "'


def test_a_table_has_a_column_for_each_side() -> None:
    rows = [Row("a", (5, 1)), Row("null", (5, 3), value=False)]
    assert table_of(rows, [10, 4], "t@1") == ["Shares of all rows", ["value", "t@1", "now"], "a", "50 %", "25 %", "null", "50 %", "75 %"]
    assert table_of([Row("a", (1,))], [4], "") == ["Shares of all rows", ["value", "share"], "a", "25 %"]
