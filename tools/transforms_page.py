"""The page of all transforms, made from their docstrings and operations."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import NamedTuple

from featureprep import transforms
from featureprep.expr.op import Op, find
from tools.docstrings import Doc, line

HEAD = """# Transforms

`from featureprep import transforms as T`. Every transform takes a column name or any expression and gives an expression, so they nest:
`T.standard_scale(T.impute("age"))`. It is used in `features(...)` or wherever an [expression](tables-and-expressions.md) can be:

```python
import featureprep as fp
from featureprep import transforms as T


@fp.job(sources={"people": fp.read_csv("people.csv")})
def adults(people):
    return people.features(age=T.standard_scale("age", missing=0), education=T.one_hot("education", top_k=10))
```

One that *fits* learns its constants from the fitted rows of a run; the graph that serves has them. Where another form of it, under the name that
`featureprep explain` shows, differs in that, it is named. `missing=`, `unknown=` and `malformed=` say what becomes of null and NaN, of values that the fit
has not seen, and of values that have no result: one set of names everywhere (`"quarantine"` sets the row aside with its reason; with `"error"` the run
fails and names the rows). `help(T.one_hot)` also has the errors. In the examples, `dt` is Python's `datetime`.

Made by `python -m tools.write_pages` from the docstrings: change those.
"""


class Entry(NamedTuple):
    """What the page says of one transform."""

    name: str
    family: str
    fits: str
    doc: Doc


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
    module = function.__module__
    return Entry(name, module.split(".")[-2], fits(name, module), Doc(function, name))


def called(code: str) -> str:
    """An example as a job writes it: with `T.` before the transforms."""
    return re.sub(rf"(?<![\w.\"'])({'|'.join(transforms.__all__)})\(", r"T.\1(", code)


def part(e: Entry) -> list[str]:
    """The part of the page about one transform."""
    doc = e.doc
    examples = "\n".join(called(code) for code in doc.examples())
    return [
        f"### {e.name}\n",
        f"```text\nT.{doc.signature()}\n```\n",
        f"{doc.summary()}\n",
        *doc.parameter_lines(),
        "",
        f"**Gives** {doc.section('Returns').removeprefix('Expr ')}\n",
        f"**Fits on data**: {e.fits}.\n",
        f"**Null, NaN, unknown, empty**: {doc.section('Notes')}\n",
        f"**Defined as in** {doc.section('References')}\n",
        f"```python\n{examples}\n```\n",
    ]


def page() -> str:
    """The whole page."""
    entries = [entry(name) for name in transforms.__all__]
    lines = [HEAD]
    for family in sorted({found.family for found in entries}):
        members = [found for found in entries if found.family == family]
        lines += [f"## {family.capitalize()}\n", "| transform | fits | what it gives |", "|---|---|---|"]
        lines += [line(f"[`{e.name}`](#{e.name})", e.fits.split(";")[0], e.doc.summary()) for e in members]
        lines.append("")
        for e in members:
            lines += part(e)
    return "\n".join(lines).rstrip() + "\n"
