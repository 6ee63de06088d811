"""The page of what a job's body is written with: sources, table verbs, aggregates, expressions; made from the docstrings."""

from __future__ import annotations

import featureprep as fp
from featureprep.expr.expression import Expr, ListWords, StructWords, TextWords, Then, TimeWords, When
from featureprep.plan.ordered_verbs import OrderedVerbs, Rolling
from featureprep.plan.table import Grouped, Table
from tools.docstrings import Doc, public, table

HEAD = """# Tables and expressions

What a job is written with. It gets a table from each source, goes on with its verbs, and ends in `features(...)`:

```python
import featureprep as fp
from featureprep import col
from featureprep import transforms as T


@fp.job(sources={"t": fp.read_csv("trips.csv", null_values=["", "NA"])})
def trips(t):
    t = t.filter(col("fare") > 0, name="unpaid")
    t = t.with_columns(per_mile=col("fare") / col("miles"))
    return t.features(per_mile=T.standard_scale("per_mile"), hour=col("start").dt.hour(), tipped=fp.label(col("tips") > 0))
```

Text is the name of a column in transforms, aggregates and `features`. In operators and in `with_columns`, `filter` and `when` it is a constant: a column
is `col("fare")` there.

- [Jobs](#jobs): `fp.job`, `fp.split`
- [Sources](#sources): `fp.read_*` and `fp.from_*`
- [Table verbs](#table-verbs): filter, join, group and so on
- [Aggregates](#aggregates): `fp.agg.*`
- [Windows](#windows): what `rolling` takes of them
- [SQL](#sql): `fp.sql`, a SELECT in place of verbs
- [Expressions](#expressions): `col`, operators, `.str`, `.dt`, `.list`, `.struct`, `when`
- [transforms.md](transforms.md): what features are made with: scaling, encoding, text, time

Made by `python -m tools.write_pages` from the docstrings: change those.
"""
OPERATORS = """### Operators

Other values become constants. Null in gives null out, but for `&` and `|`.

| operator | what it gives |
|---|---|
| `+` `-` `*` | Arithmetic. On integers checked: overflow is malformed. |
| `/` | True division, in float64. |
| `//` `%` | Quotient rounded down, and its remainder, which has the sign of the divisor. |
| `**` | A power by a constant whole number. |
| `==` `!=` `<` `<=` `>` `>=` | Comparison: an integer against a float compares exactly, NaN equals nothing, text goes by its UTF-8 bytes. |
| `&` <code>&#124;</code> `~` | And, or, not, with three-valued (Kleene) logic. Put comparisons in brackets: `(col("a") > 1) & (col("b") < 2)`. |
"""
JOBS = ("job", "split", "param")
SOURCES = (
    "read_csv",
    "read_json",
    "read_parquet",
    "read_arrow",
    "from_arrow",
    "from_beam",
    "from_dask",
    "from_pandas",
    "from_polars",
    "from_spark",
)
MAKERS = ("col", "lit", "when", "coalesce")
WORDS = {
    "str": (TextWords, "Text"),
    "dt": (TimeWords, "Dates and timestamps"),
    "list": (ListWords, "Lists"),
    "struct": (StructWords, "Structs"),
}


def described(doc: Doc, receiver: bool = False, before: str = "") -> list[str]:
    """The part about a function or verb: signature, what it does, its parameters, its example."""
    lines = [f"### {doc.name}\n", f"```text\n{before}{doc.signature(receiver)}\n```\n", f"{doc.prose()}\n"]
    if doc.has("Parameters"):
        lines += [*doc.parameter_lines(), ""]
    if doc.has("Notes"):
        lines.append(f"{doc.section('Notes')}\n")
    if doc.has("Examples"):
        code = "\n".join(doc.examples())
        lines.append(f"```python\n{code}\n```\n")
    return lines


def functions(title: str, names: tuple[str, ...]) -> list[str]:
    """A part about functions of `fp`."""
    return [f"## {title}\n", *(line for name in names for line in described(Doc(getattr(fp, name), name), before="fp."))]


def verbs() -> list[str]:
    """The verbs of a table."""
    *others, last = public(Table)
    found = [*others, *public(OrderedVerbs), last]
    index = [f"[`{doc.name}`](#{doc.name})" for doc in found]
    lines = ["## Table verbs\n", "Each gives a new table; nothing is read until the job runs.\n", ", ".join(index) + "\n"]
    for doc in found:
        lines += described(doc, receiver=True, before="t.")
    return [
        *lines,
        "Roles, inside `features(...)`:\n",
        *table([Doc(fp.label, "fp.label"), Doc(fp.weight, "fp.weight")], "role", receiver=False),
    ]


def aggregates() -> list[str]:
    """What `group_by(...).agg(...)` takes."""
    found = sorted(public(fp.agg, "fp.agg.{}".format), key=lambda doc: doc.name)
    code = "\n".join(Doc(Grouped.agg, "agg").examples())
    lines = ["## Aggregates\n", f"{Doc(fp.agg, 'fp.agg').summary()}\n", f"```python\n{code}\n```\n"]
    return [*lines, *table(found, "aggregate", receiver=False)]


def windows() -> list[str]:
    """What `rolling(...).agg(...)` takes."""
    agg = Doc(Rolling.agg, "agg")
    code = "\n".join(agg.examples())
    return ["## Windows\n", f"After `rolling(...)`. {agg.prose()}\n", f"```python\n{code}\n```\n"]


def expressions() -> list[str]:
    """Everything that can be said of a column."""
    makers = [Doc(getattr(fp, name), name if name in ("col", "when") else f"fp.{name}") for name in MAKERS]
    lines = [
        "## Expressions\n",
        f"{Doc(fp.Expr, 'Expr').prose()}\n",
        "### Made by\n",
        *table(makers, "function", receiver=False),
        OPERATORS,
    ]
    lines += ["### Any column\n", *table(public(Expr, "col(x).{}".format), "method")]
    for word, (owner, title) in WORDS.items():
        lines += [
            f"### {title}: .{word}\n",
            f"{Doc(owner, word).summary()}\n",
            *table(public(owner, f"col(x).{word}.{{}}".format), "method"),
        ]
    choice = [*public(When, "when(a).{}".format), *public(Then, "when(a).then(x).{}".format)]
    return [
        *lines,
        "### Choices: when\n",
        f"{Doc(When, 'when').summary()}\n",
        *table(choice, "method"),
        "### Functions of your own\n",
        *described(Doc(fp.udf, "udf"), before="fp."),
    ]


def page() -> str:
    """The whole page."""
    return (
        "\n".join(
            [
                HEAD,
                *functions("Jobs", JOBS),
                *functions("Sources", SOURCES),
                *verbs(),
                *aggregates(),
                *windows(),
                *functions("SQL", ("sql",)),
                *expressions(),
            ]
        ).rstrip()
        + "\n"
    )
