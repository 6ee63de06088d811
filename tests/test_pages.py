"""docs/transforms.md and docs/tables-and-expressions.md: made from the code, up to date, complete, and their examples are true."""

from __future__ import annotations

import inspect
import re
import runpy
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.engines.support import FEATURES
from featureprep.expr.expression import Expr, ListWords, StructWords, TextWords, TimeWords
from featureprep.jobs.engines import ENGINES
from featureprep.plan.table import Table
from tools import docstrings, engines_page, tables_page, transforms_page, write_pages

OF_WORDS = [name for name in write_pages.PAGES if name != "engines.md"]
"""The pages that show how words are used."""
ANY = "import datetime as dt, pandas as pd, polars as pl, pyarrow as pa\nimport featureprep as fp\nfrom featureprep import col, transforms as T\n"


@pytest.mark.parametrize("name", write_pages.PAGES)
def test_the_committed_page_is_up_to_date(name: str) -> None:
    assert (write_pages.DOCS / name).read_text(encoding="utf-8") == write_pages.PAGES[name](), "run python -m tools.write_pages"


def test_every_transform_is_on_its_page() -> None:
    page = transforms_page.page()
    assert sorted(re.findall(r"^### (\w+)$", page, re.MULTILINE)) == T.__all__
    assert sorted(re.findall(r"^\| \[`(\w+)`\]\(#\1\) \| (?:yes|no) \| .+ \|$", page, re.MULTILINE)) == T.__all__
    for label in (r"Fits on data\*\*: (?:yes|no)", r"Gives\*\* .", r"Null, NaN, unknown, empty\*\*: .", r"Defined as in\*\* ."):
        assert len(re.findall(rf"^\*\*{label}", page, re.MULTILINE)) == len(T.__all__)
    assert " at 0x" not in page


@pytest.mark.parametrize("name", T.__all__)
def test_every_parameter_of_a_transform_is_described(name: str) -> None:
    made = "\n".join(transforms_page.part(transforms_page.entry(name)))
    described = {one.strip(" *") for names in re.findall(r"^- `(.+?)`", made, re.MULTILINE) for one in names.split(",")}
    assert described == set(inspect.signature(getattr(T, name)).parameters)
    assert f"T.{name}(" in made.partition("```python")[2]


def test_what_it_says_of_one() -> None:
    made = "\n".join(transforms_page.part(transforms_page.entry("one_hot")))
    assert "T.one_hot(column, *, top_k=None, min_count=None, categories=None, sparse=False, unknown='zeros'" in made
    assert "- `top_k` (int, optional): Learn this many of the most frequent values as categories; all by default." in made
    assert "**Fits on data**: yes; no as `one_hot_given`." in made
    assert "**Gives** fixed_size_list&lt;int8>, one element a category" in made
    assert "**Defined as in** scikit-learn, `sklearn.preprocessing.OneHotEncoder`" in made
    assert 'T.one_hot("education", top_k=10)\n' in made
    assert transforms_page.entry("hash_bucket").fits == "no"


def words(owner: type, before: str = "") -> Iterator[str]:
    """How the public methods of a class are called."""
    for name in dir(owner):
        value = inspect.getattr_static(owner, name)
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, staticmethod)):
            yield f"{before}{name}("


def test_every_word_of_tables_and_expressions_is_on_their_page() -> None:
    page = tables_page.page()
    inner = {"str": TextWords, "dt": TimeWords, "list": ListWords, "struct": StructWords}
    found = [*words(Table, "\nt."), *words(fp.agg, "| `fp.agg."), *words(Expr, "| `col(x).")]
    found += [one for word, owner in inner.items() for one in words(owner, f"| `col(x).{word}.")]
    found += [f"\nfp.{name}(" for name in fp.__all__ if name.startswith(("read_", "from_"))]
    found += ["| `when(condition)", "| `when(a).then(value)", "| `when(a).then(x).otherwise(value)", "| `fp.coalesce(", "\nfp.udf("]
    assert len(found) > 70
    assert [one for one in found if page.count(one) < 1] == []
    assert {name for name, value in vars(Expr).items() if isinstance(value, property)} == set(inner)
    assert not re.search(r"\|\s+\|$| at 0x", page, re.MULTILINE)


@pytest.mark.parametrize("name", OF_WORDS)
def test_its_examples_are_accepted(name: str, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", write_pages.PAGES[name](), re.DOTALL | re.MULTILINE)
    assert len(blocks) > 20
    rows = fp.from_arrow(pa.table({"x": [1]}))
    for number, block in enumerate(blocks):
        code = block
        if block.splitlines()[-1].startswith("t = t."):  # verbs are lines of a job's body
            end = "" if ".features(" in block else ".features(x=1)"
            code = f"@fp.job(sources={{'t': rows, 'zones': rows}})\ndef job(t, zones):\n{textwrap.indent(block, '    ')}    return t{end}\n"
        file = tmp_path / f"example_{number}.py"  # a function of one's own must stand in a file
        file.write_text(ANY + code, encoding="utf-8")
        runpy.run_path(str(file), {"rows": rows})


def test_every_engine_says_of_every_feature_whether_it_has_it() -> None:
    page = engines_page.page()
    for feature in FEATURES:
        (row,) = re.findall(rf"^\| \*\*{feature}\*\*: .+? \|((?: (?:yes|no \(\d+\)) \|)+)$", page, re.MULTILINE)
        assert row.count("|") == len(ENGINES)
    gaps = {(made.name, feature) for made in engines_page.engines().values() for feature in made.gaps}
    assert set(re.findall(r'^\d+\. (\w+) has no "([\w ]+)": .+\.$', page, re.MULTILINE)) == gaps
    assert {feature for _, feature in gaps} <= set(FEATURES)


@pytest.mark.parametrize("name", OF_WORDS)
def test_links_within_it_lead_somewhere(name: str) -> None:
    page = write_pages.PAGES[name]()
    headings = {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}
    links = re.findall(r"\]\(#([^)]+)\)", page)
    assert links
    assert set(links) <= headings


def test_check_tells_an_old_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write_pages.main(["--check"], tmp_path) == 1
    assert write_pages.main([], tmp_path) == 0
    assert write_pages.main(["--check"], tmp_path) == 0
    page = tmp_path / "transforms.md"
    page.write_text(page.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    capsys.readouterr()
    assert write_pages.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err == "transforms.md out of date: run python -m tools.write_pages\n"


def bare() -> None:
    pass


def terse(x: int) -> None:
    """Only a line.

    Parameters
    ----------
    x : int
    """


def test_a_docstring_that_lacks_something_is_refused() -> None:
    with pytest.raises(LookupError, match="bare has no docstring"):
        docstrings.Doc(bare, "bare").summary()
    with pytest.raises(LookupError, match="terse has no section Returns"):
        docstrings.Doc(terse, "terse").section("Returns")
    with pytest.raises(LookupError, match="terse says nothing of x"):
        docstrings.Doc(terse, "terse").parameters()
