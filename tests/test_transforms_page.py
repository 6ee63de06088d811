"""docs/transforms.md: made from the code, up to date, and complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from featureprep import transforms as T
from tools import write_transforms_page as tool


def test_the_committed_page_is_up_to_date() -> None:
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), "run python tools/write_transforms_page.py"


def test_every_transform_is_on_it() -> None:
    page = tool.page()
    headings = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    assert sorted(headings) == T.__all__
    assert sorted(re.findall(r"^\| \[`(\w+)`\]\(#\1\) \| (?:yes|no) \| .+ \|$", page, re.MULTILINE)) == T.__all__
    for label in ("fits on data: (?:yes|no)", "gives: .", "defined as in: ."):
        assert len(re.findall(rf"^- {label}", page, re.MULTILINE)) == len(T.__all__)
    assert " at 0x" not in page


def test_what_it_says_of_one() -> None:
    said = tool.entry("one_hot")
    assert said.family == "categorical"
    assert said.signature.startswith("one_hot(column, *, top_k=None, min_count=None, categories=None, sparse=False, unknown='zeros'")
    assert said.fits == "yes; no as `one_hot_given`"
    assert said.output.startswith("fixed_size_list&lt;int8>, one element a category")
    assert said.source.startswith("scikit-learn, `sklearn.preprocessing.OneHotEncoder`")
    assert tool.entry("hash_bucket").fits == "no"


def test_check_tells_an_old_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "transforms.md"
    assert tool.main(["--check"], page) == 1
    assert tool.main([], page) == 0
    assert tool.main(["--check"], page) == 0
    page.write_text(page.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    assert tool.main(["--check"], page) == 1
    assert "python tools/write_transforms_page.py" in capsys.readouterr().err
    with pytest.raises(LookupError, match="no section Returns"):
        tool.section("Only a line.", "Returns")
