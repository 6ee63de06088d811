"""The page of all transforms, docs/transforms.md, made from their docstrings and operations.

    python tools/write_transforms_page.py [--check]

With --check nothing is written, and it exits 1 where the page is not what it would write.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from featureprep import transforms
from featureprep.expr.op import Op, find

PAGE = Path(__file__).resolve().parent.parent / "docs" / "transforms.md"
HEAD = """# Transforms

`from featureprep import transforms as T`. Every transform takes a column name or any expression and gives an expression, so they nest:
`T.standard_scale(T.impute("age"))`. One that *fits* learns its constants from the fitted rows of a run; the graph that serves has them. Where another form of it, under the
name that `featureprep explain` shows, differs in that, it is named. What null, NaN, unknown and malformed values become (`missing=`, `unknown=`,
`malformed=`: one set of names everywhere), the parameters and the errors are in the docstrings: `help(T.one_hot)`.

Made by `python tools/write_transforms_page.py` from the docstrings: change those.
"""


class Entry(NamedTuple):
    """What the page says of one transform."""

    name: str
    family: str
    summary: str
    signature: str
    fits: str
    output: str
    source: str


def section(doc: str, heading: str) -> str:
    """A section of a numpydoc docstring as one line; raises LookupError where there is none."""
    found = re.search(rf"^{heading}\n-+\n(.*?)(?=^\w+\n-+$|\Z)", doc, re.DOTALL | re.MULTILINE)
    if found is None:
        raise LookupError(f"a docstring has no section {heading}")
    return " ".join(found.group(1).split())


def markdown(text: str) -> str:
    """Text whose code is between backticks, so that nothing outside of them is taken for HTML."""
    parts = text.split("`")
    return "`".join(part if i % 2 else part.replace("<", "&lt;") for i, part in enumerate(parts))


def operations(module: str) -> list[Op]:
    """The operations that a module registers, by name."""
    own = [value for value in vars(import_module(module)).values() if inspect.isclass(value) and value.__module__ == module]
    names = {vars(value)["name"] for value in own if issubclass(value, Op) and isinstance(vars(value).get("name"), str)}
    return [find(name) for name in sorted(names)]


def fits(name: str, module: str) -> str:
    """Whether a transform learns from data, and which of its other forms differ in that."""
    main = find(name)
    others = [f"`{op.name}`" for op in operations(module) if op.name != name and op.learns != main.learns]
    exception = f"; {'no' if main.learns else 'yes'} as {', '.join(others)}" if others else ""
    return ("yes" if main.learns else "no") + exception


def entry(name: str) -> Entry:
    """What is to be said of a transform."""
    function = getattr(transforms, name)
    doc = inspect.getdoc(function) or ""
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    module = function.__module__
    return Entry(
        name=name,
        family=module.split(".")[-2],
        summary=markdown(" ".join(doc.split("\n\n")[0].split())),
        signature=f"{name}{inspect.Signature(bare)}",
        fits=fits(name, module),
        output=markdown(section(doc, "Returns").removeprefix("Expr ")),
        source=markdown(section(doc, "References")),
    )


def page() -> str:
    """The whole page."""
    entries = [entry(name) for name in transforms.__all__]
    lines = [HEAD]
    for family in sorted({found.family for found in entries}):
        members = [found for found in entries if found.family == family]
        lines += [f"## {family.capitalize()}\n", "| transform | fits | what it gives |", "|---|---|---|"]
        lines += [f"| [`{e.name}`](#{e.name}) | {e.fits.split(';')[0]} | {e.summary.replace('|', chr(92) + '|')} |" for e in members]
        lines.append("")
        for e in members:
            lines += [f"### {e.name}\n", f"```text\n{e.signature}\n```\n", f"- fits on data: {e.fits}"]
            lines += [f"- gives: {e.output}", f"- defined as in: {e.source}", ""]
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str] | None = None, path: Path = PAGE) -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description="Make docs/transforms.md from the docstrings of the transforms.")
    parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")
    made = page()
    if not parser.parse_args(arguments).check:
        path.write_text(made, encoding="utf-8")
    elif not path.is_file() or path.read_text(encoding="utf-8") != made:
        print(f"{path.name} is out of date: run python tools/write_transforms_page.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
