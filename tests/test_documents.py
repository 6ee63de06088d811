"""What the documents show is run as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from featureprep.validators.contract_yaml import load_contract
from tools.check_readme import differences

ROOT = Path(__file__).resolve().parent.parent


def blocks(document: str, language: str) -> list[str]:
    """The code blocks of a language in a document."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)


def test_the_ten_lines_of_the_architecture_run() -> None:
    (code,) = blocks("ARCHITECTURE.md", "python")
    assert len([line for line in code.splitlines() if line.strip()]) == 10
    assert "assert dataset ==" in code
    exec(compile(code, "ARCHITECTURE.md", "exec"), {})


def test_the_contract_of_the_documents_is_one() -> None:
    text, several, drift = blocks("docs/contracts.md", "yaml")
    assert load_contract(several, where="docs/contracts.md").referenced("zones") == {"zone_id"}
    assert load_contract(drift, where="docs/contracts.md").sources[0].columns[0].rule("drift") is not None
    (source,) = load_contract(text, where="docs/contracts.md").sources
    assert [column.name for column in source.columns] == [
        "age",
        "income",
        "fare",
        "plate",
        "tags",
        "tips",
        "payment_type",
        "at",
        "odometer",
    ]
    module = (ROOT / "validators" / "contract_yaml.py").read_text(encoding="utf-8")
    more = ("tips: float64", "payment_type: string")  # the docstring's is cut short by these
    assert all(line.strip() in module for line in text.splitlines() if line.strip() not in more)


def test_the_tutorial_of_the_readme_is_true(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("$ featureprep ") >= 6
    assert text.count(">>> ") >= 6
    found = "\n".join(differences(text, tmp_path))
    assert not found, f"to take over what is printed now, after a look at it: python tools/check_readme.py --write\n{found}"


TRUE = "```console\n$ echo one\none\n$ cd / && false  # exit 1\n$ pwd\n/\n```\n```python\n>>> 1 + 1\n2\n```\n"


def test_a_true_tutorial_differs_in_nothing(tmp_path: Path) -> None:
    assert not list(differences(TRUE, tmp_path))


@pytest.mark.parametrize("said, instead", [("one\none", "one\ntwo"), ("\n2\n", "\n3\n"), ("$ pwd\n/", "$ pwd\n/tmp")])
def test_a_tutorial_that_is_not_true_is_found(said: str, instead: str, tmp_path: Path) -> None:
    assert list(differences(TRUE.replace(said, instead), tmp_path))


@pytest.mark.parametrize("said, instead", [("  # exit 1", ""), ("echo one", "echo one | false | cat"), (">>> 1 + 1", "# absent.py\n1")])
def test_a_tutorial_that_cannot_be_done_is_found(said: str, instead: str, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, FileNotFoundError), match=r"exit 1, not 0|absent.py"):
        list(differences(TRUE.replace(said, instead), tmp_path))


@pytest.mark.parametrize(
    "document",
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/contracts.md", "docs/tables-and-expressions.md", "docs/transforms.md"],
)
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    assert [link for link in links if not ((ROOT / document).parent / link).exists()] == []


def test_the_readme_names_every_verb() -> None:
    from featureprep.cli.app import VERBS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"`{verb}`" not in text and f"featureprep {verb}" not in text] == []
