r"""What is said to whoever does something wrong: the inputs of a messages file are done again, and what is said is written below each.

A file is made of blocks with a blank line between them. A block begins with what a user does,

    >>> X                  an expression in a job file, evaluated
    feature> X             a job whose one feature is X, run over people.csv
    table> X               a job that returns X, made of the tables a (people.csv) and b (cities.csv)
    job> K                 a job made by fp.job(..., K), run
    run> K                 a good job, run with the keyword arguments K
    with NAME: TEXT        a file of this name (\n is a line end), for the command that follows
    $ featureprep ARGS     a command line

and what follows is the whole message, with the class of the error, or the exit code of the command. A line that begins with # is a heading.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner

import featureprep as fp
from featureprep import transforms as T
from featureprep.cli import cli
from featureprep.errors import FeatureprepError

DID = re.compile(r"(>>> |feature> |table> |job> |run> |with |\$ )")
PEOPLE = """id,zip,seen,city,price,note,flag
1,01234,2024-01-02T03:04:05,Rome,3.5,,true
2,00501,2024-02-02T00:00:00,Oslo,4.5,,false
3,99999,2024-03-01T00:00:00,Rome,,,true
4,10001,2024-03-05T00:00:00,n/a,7,,true
"""
CITIES = "city,people\nRome,3\nOslo,1\nOslo,2\n"
JOB = """import featureprep as fp
from featureprep import col
from featureprep import transforms as T


@fp.job(sources={"people": fp.read_csv("people.csv")})
def folk(people: fp.Table) -> fp.Table:
    return people.features(price=T.standard_scale("price"), keep=["id"])
"""


class Doing:
    """One folder, in which things are done wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = 0
        self.restore()
        self.words: dict[str, Any] = {"fp": fp, "T": T, "np": np, "math": math, "dt": dt, "date": dt.date, "__name__": "job"}
        self.words |= {name: getattr(fp, name) for name in ("col", "lit", "when", "Expr")}

    def restore(self) -> None:
        """The good files."""
        for name, text in {"people.csv": PEOPLE, "cities.csv": CITIES, "job.py": JOB}.items():
            (self.folder / name).write_text(text, encoding="utf-8")

    def again(self, text: str) -> str:
        """The text of a messages file with every message as it is said now."""
        made = []
        for block in re.split(r"\n{2,}", text.strip("\n")):
            lines = block.split("\n")
            heading = [line for line in lines if line.startswith("#")]
            did = [line for line in lines if DID.match(line)]
            made.append("\n".join([*heading, *did, *(self.said(did) if did else ())]))
        return "\n\n".join(made) + "\n"

    def said(self, did: list[str]) -> Iterator[str]:
        """The lines that come of doing this."""
        *before, last = did
        for line in before:
            name, _, text = line.removeprefix("with ").partition(": ")
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode().decode("unicode_escape").encode("latin-1") if "\\" in text else text.encode())
        kind, _, what = last.partition(" ")
        shown = self._command(what) if kind == "$" else self._python(kind.rstrip(">"), what)
        if before:
            self.restore()
        yield from (line.rstrip() for line in self._plain(shown).rstrip("\n").split("\n"))

    def _command(self, what: str) -> str:
        result = CliRunner().invoke(cli, shlex.split(what)[1:])
        assert "Traceback" not in result.output
        return f"{result.stdout}{result.stderr}exit {result.exit_code}"

    def _python(self, kind: str, what: str) -> str:
        try:
            found = self._done(kind, what)
        except FeatureprepError as error:
            return f"{type(error).__name__}: {error}"
        except (TypeError, AttributeError, NameError) as error:
            return f"PYTHON'S OWN {type(error).__name__}: {error}"
        return f"nothing wrong: {str(found)[:100]}"

    def _done(self, kind: str, what: str) -> Any:
        if kind == ">>":
            return self._value(what)
        self.runs += 1
        store = f"memory://messages-{os.getpid()}-{self.runs}"
        sources = {"a": fp.read_csv(str(self.folder / "people.csv")), "b": fp.read_csv(str(self.folder / "cities.csv"))}
        source = {"a": sources["a"]}
        if kind == "feature":
            made = self._value(f"lambda a: a.features(f={what})")
            return self._job(source)(made).run(store=store, statistics=False).ledger.rows()
        if kind == "table":
            both = re.search(r"\bb\b", what) is not None
            made = self._value(f"lambda a, b: {what}" if both else f"lambda a: {what}")
            return self._job(sources if both else source)(made).run(store=store, statistics=False).ledger.rows()
        options = self._value(f"dict({what})")
        given, more = (options, {}) if kind == "job" else ({}, options)
        job = self._job(source, **given)(self._value('lambda a: a.features(price="price", keep=["city"])'))
        return job.run(**{"store": store, "statistics": False, **more}).ledger.rows()

    def _job(self, sources: dict[str, Any], **given: Any) -> Any:
        return self._value("fp.job(**GIVEN)", GIVEN={"sources": sources, "name": "n", **given})

    def _value(self, text: str, **more: Any) -> Any:
        return eval(compile(text, "job.py", "eval"), {**self.words, **more})  # the texts are this folder's own

    def _plain(self, text: str) -> str:
        """Without what differs from run to run: the folder, ids of runs, addresses."""
        text = text.replace(f"{self.folder.resolve()}/", "").replace(str(self.folder.resolve()), ".")
        text = re.sub(r"r\d{8}t\d{9}-[0-9a-f]{10}", "r<id>", text)
        text = re.sub(r"memory://messages-[\d-]+", "memory://store", text)
        return re.sub(r" at 0x[0-9a-f]+", " at 0x...", text)
