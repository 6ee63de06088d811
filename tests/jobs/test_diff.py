"""Two versions compared as a whole: findings in order of importance, as text, JSON and HTML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.canonical import to_jsonable
from featureprep.jobs.diff import VersionDiff, diff
from featureprep.jobs.diff_findings import ACT, ALERT, KNOW, LOOK
from tests.jobs.cases import make_job


def table(n: int, shift: float = 0.0, words: str = "abc") -> pa.Table:
    return pa.table({"x": [i / n + shift for i in range(n)], "w": [words[i % len(words)] for i in range(n)], "id": list(range(n))})


def versions(tmp_path: Path, *jobs: Any) -> VersionDiff:
    store = str(tmp_path / "store")
    runs = [job.run(store=store, progress=False, **options) for job, options in jobs]
    return diff(runs[0].dataset, runs[1].dataset)


def job_of(rows: pa.Table, **features: Any) -> Any:
    body = {"x": T.standard_scale("x"), "w": T.vocabulary("w"), **features}
    return make_job(lambda main: main.filter(col("x") >= 0, name="high").features(**body, keep=["id"]), fp.from_arrow(rows))


def test_moved_data_is_told_by_importance(tmp_path: Path) -> None:
    found = versions(tmp_path, (job_of(table(400)), {}), (job_of(table(400, shift=0.6, words="abd")), {}))
    ranks = [one.importance for one in found.findings]
    assert ranks == sorted(ranks)
    texts = {one.area: one.text for one in reversed(found.findings)}
    assert "x of source main moved by 0.6: mean 0.49875 → 1.09875" in texts["distribution"]
    assert "mean 0.49875 → 1.09875 (+120.30%)" in next(o.text for o in found.findings if o.subject == "x" and o.area == "learnt")
    assert "1 new (d), 1 gone (c)" in next(o.text for o in found.findings if o.subject == "w" and o.area == "learnt")
    assert all(one.advice for one in found.findings if one.importance == ACT)
    assert found.code == []
    text = found.to_text()
    assert text.index("act (") < text.index("distributions")
    advised = text[text.index("act (") : text.index("look (") if "look (" in text else text.index("distributions")].splitlines()
    assert len([one for one in found.findings if one.importance == ACT]) > len({line for line in advised if "→ " in line[:7]})
    assert len({line for line in advised if line.startswith("    → ")}) == len([line for line in advised if line.startswith("    → ")])


def test_changed_code_columns_and_rules(tmp_path: Path) -> None:
    other = make_job(lambda main: main.features(x=T.min_max_scale("x"), more=col("id") + 1, keep=["id"]), fp.from_arrow(table(400)))
    found = versions(tmp_path, (job_of(table(400)), {}), (other, {}))
    assert {(one.kind, one.name, one.change) for one in found.code} == {
        ("feature", "x", "changed"), ("feature", "more", "added"), ("feature", "w", "removed"), ("rule", "drop high", "removed"),
    }  # fmt: skip
    alerts = [one.subject for one in found.findings if one.importance == ALERT]
    assert alerts == ["w"]
    assert any("the rule 'drop high' is gone: x >= 0" in one.text for one in found.findings)
    assert any(one.importance == LOOK and one.subject == "more" for one in found.findings)


def test_fewer_rows_and_none(tmp_path: Path) -> None:
    found = versions(tmp_path, (job_of(table(400)), {}), (job_of(table(100)), {}))
    assert any(one.importance == ALERT and "rows written: 400 → 100 (-75.0%)" in one.text for one in found.findings)
    empty = versions(tmp_path / "b", (job_of(table(400)), {}), (job_of(table(400).slice(0, 0)), {}))
    assert any(one.importance == ALERT and "400 → 0" in one.text for one in empty.findings)
    assert empty._repr_html_()
    back = versions(tmp_path / "c", (job_of(table(400).slice(0, 0)), {}), (job_of(table(400)), {}))
    assert any("0 → 400" in one.text for one in back.findings)


def test_the_same_and_a_version_without_statistics(tmp_path: Path) -> None:
    same = versions(tmp_path, (job_of(table(50)), {}), (job_of(table(50)), {}))
    assert same.same
    assert same.findings == []
    assert "nothing to tell" in same.to_text()
    without = versions(tmp_path / "b", (job_of(table(50)), {"statistics": False}), (job_of(table(60)), {}))
    assert without.notes == ["case@1 was made without statistics: distributions were not compared"]
    assert without.distributions == []
    assert "without statistics" in without.to_text()
    assert "without statistics" in without._repr_html_()


def test_a_sample_is_an_alert(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    whole, part = job_of(table(400)).run(store=store), job_of(table(400)).run(store=store, sample=0.5)
    found = diff(whole.dataset, part.dataset)
    assert found.findings[0].importance == ALERT
    assert "case_sample@1 is a sample" in found.findings[0].text


def test_the_job_files_are_compared_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep.jobs.loading import load_job

    code = "import featureprep as fp\nfrom featureprep import transforms as T\n@fp.job(sources={'t': fp.read_csv('t.csv')})\n"
    code += "def case(t):\n    return t.features(x=T.standard_scale('x'))\n"
    (tmp_path / "t.csv").write_text("x\n1\n2\n")
    runs = []
    for name, text in (("one.py", code), ("two.py", code.replace("standard", "min_max"))):
        (tmp_path / name).write_text(text)
        runs.append(load_job(str(tmp_path / name)).run(store=str(tmp_path / "store")))
    found = diff(runs[0].dataset, runs[1].dataset)
    assert "-    return t.features(x=T.standard_scale('x'))" in found.job_file
    assert "+    return t.features(x=T.min_max_scale('x'))" in found.job_file


def test_json_and_html_of_hostile_names(tmp_path: Path) -> None:
    evil = "<script>x</script>\x1b[31m"
    jobs: list[Any] = [
        (make_job(lambda main: main.filter(col(evil) >= 0, name=evil).features({evil: T.standard_scale(evil)}), fp.from_arrow(pa.table({evil: v}))), {})
        for v in ([1.0, 2.0] * 40, [5.0, 900.0] * 40)
    ]  # fmt: skip
    found = versions(tmp_path, *jobs)
    assert found.findings
    json.dumps(to_jsonable(found.to_json()), allow_nan=False)
    for html in (found._repr_html_(), found.to_html()):
        assert "<script>" not in html
        assert "\x1b" not in html
    assert "\x1b" not in found.to_text()


def test_500_columns(tmp_path: Path) -> None:
    rows = [pa.table({f"c{i}": [float(j * k) for j in range(30)] for i in range(500)}) for k in (1, 100)]
    jobs: list[Any] = [
        (make_job(lambda main: main.features({f"f{i}": T.standard_scale(f"c{i}") for i in range(500)}), fp.from_arrow(t)), {}) for t in rows
    ]
    found = versions(tmp_path, *jobs)
    assert len(found.findings) >= 1000
    text = found.to_text()
    assert "and 960 more" in text
    assert len(text) < 300_000
    assert sum(one.importance == KNOW for one in found.findings) < 600
