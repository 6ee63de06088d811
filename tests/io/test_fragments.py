"""Cutting files: any target gives the same rows at the same places, and keys speak of content only."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError
from featureprep.io.api import read_csv, read_json
from featureprep.io.fragments import plan
from featureprep.io.listing import pin
from featureprep.io.text_scan import split_every

PIECES = st.sampled_from(["a", "1", "é", ",", ",", '"', '"', '""', "\n", "\n", "\r\n", '"x\ny"', '\n"', "\n2,3\n"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(PIECES, max_size=120), target=st.integers(1, 200))
def test_csv_any_target(parts: list[str], target: int, tmp_path: Path, read: Any) -> None:
    (tmp_path / "x.csv").write_bytes(b"p,q\n" + "".join(parts).encode())
    source = read_csv("x.csv", on_error="quarantine")
    whole = read(source, str(tmp_path), target=1 << 30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("featureprep.io.text_scan.MIN_SPLIT", 8)
        cut = read(source, str(tmp_path), target=target)
    assert whole.fragments == 1
    assert cut.rows == whole.rows
    assert cut.origins == whole.origins
    assert cut.bad_places == whole.bad_places
    assert len(set(cut.keys)) == cut.fragments


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.sampled_from(['{"a":1}', '{"a":"x"}', "", "{", "[1]", '{"a": 2 }  ', "  "]), max_size=60), target=st.integers(1, 200)
)
def test_json_any_target(lines: list[str], target: int, tmp_path: Path, read: Any) -> None:
    (tmp_path / "x.json").write_bytes("\n".join(lines).encode())
    source = read_json("x.json", format="lines", schema={"a": "int64"}, on_error="quarantine")
    whole = read(source, str(tmp_path), target=1 << 30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("featureprep.io.text_scan.MIN_SPLIT", 8)
        cut = read(source, str(tmp_path), target=target)
    assert cut.rows == whole.rows
    assert cut.origins == whole.origins
    assert cut.bad_places == whole.bad_places
    assert cut.misfits == whole.misfits


def test_small_files_can_be_cut_into_many() -> None:
    assert split_every(4_000_000) == 4096
    assert split_every(1 << 30) == 1 << 20
    assert split_every(0) == 4096


def test_keys_speak_of_content(tmp_path: Path) -> None:
    text = "a,b\n" + "1,2\n" * 5000
    (tmp_path / "x.csv").write_text(text)
    shutil.copy(tmp_path / "x.csv", tmp_path / "y.csv")

    def keys(name: str, **options: Any) -> list[str]:
        source = read_csv(str(tmp_path / name), **options)
        return [f.key for f in plan(source, name, pin(source, None), 4096)]

    assert len(keys("x.csv")) == 5
    assert keys("x.csv") == keys("y.csv")
    assert not set(keys("x.csv")) & set(keys("x.csv", null_values=["1"]))
    assert not set(keys("x.csv")) & set(keys("x.csv", names=["p", "q"], header=True))
    assert keys("x.csv") == keys("x.csv", on_error="drop")
    (tmp_path / "y.csv").write_text(text + "1,2\n")
    assert not set(keys("x.csv")) & set(keys("y.csv"))


def test_target_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError):
        plan(read_csv("x"), "x", [], 0)


def test_fragments_are_numbered_through(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.csv").write_text("a,b\n" + f"{name},2\n" * 5000)
    source = read_csv("*.csv")
    pieces = plan(source, "x", pin(source, str(tmp_path)), 8192)
    assert [p.index for p in pieces] == list(range(len(pieces)))
    assert [Path(p.file.url).name for p in pieces] == ["a.csv"] * 3 + ["b.csv"] * 3
    assert not any("splits" in p.file.facts for p in pieces)
