"""The page of the engines: how each is named, and what it lacks, from what the engines declare themselves."""

from __future__ import annotations

from importlib import import_module

from featureprep.engines.base import Engine
from featureprep.engines.support import FEATURES
from featureprep.jobs.engines import ENGINES
from tools.docstrings import Doc, line, markdown

HEAD = """# Engines

A job runs unchanged on every engine, and gives the same bits: `dataset_fingerprint` and `graph_fingerprint` do not depend on the engine, on the number of
workers or partitions, or on the order in which things arrive. What an operation means is written once; an engine supplies parallelism, shuffling and fault
tolerance.

```
featureprep run job.py --engine dask
featureprep run job.py --engine dask://scheduler:8786 --store s3://bucket/features
featureprep explain job.py --engine spark
```

`explain` runs none of a job's scans, but asks the engine how it would run them, so `explain --engine spark` needs the extra `spark` as a run does. Where the types of a
source are not declared, the engine reads the source to find them, which starts it: a contract, or `schema=`, spares that.

In Python `engine=` takes a name, an address, what you hold of a cluster already, or an engine object:

```python
from distributed import Client
from featureprep.engines.dask.engine import DaskEngine

census.run(engine="dask")
census.run(engine=Client("tcp://scheduler:8786"))
census.run(engine=DaskEngine(workers=4, memory="8GB"))
```

Workers and the one who starts a run need one store that all of them reach (a shared file system, or `s3://`), the same source paths, and the same Python and
packages; what differs is told before anything is written. A run that was stopped on one engine can be resumed on another.

## What each has
"""
END = """Every engine passes the same suite, `tests/engines`; a gap above is declared by the engine (`Engine.gaps`) with its reason, and the suite expects just that to
fail. The suite is published as `featureprep.testing`: an engine of your own inherits it (`featureprep/testing/host.py` shows how).

Made by `python -m tools.write_pages` from what the engines declare: change that.
"""


def engines() -> dict[str, type[Engine]]:
    """The engine classes by name."""
    found = {}
    for name, entry in ENGINES.items():
        module, _, attribute = entry.target.partition(":")
        found[name] = getattr(import_module(module), attribute)
    return found


def page() -> str:
    """The page as Markdown."""
    every = engines()
    notes: list[str] = []
    rows = [
        line("", *every),
        "|---" * (len(every) + 1) + "|",
        line("named by", *map(_named, every)),
        line("installed with", *map(_installed, every)),
    ]
    rows += [
        line(f"**{word}**: {markdown(what)}", *(_support(word, made, notes) for made in every.values())) for word, what in FEATURES.items()
    ]
    numbered = [f"{number}. {note}" for number, note in enumerate(notes, 1)]
    parts = [HEAD, *rows, "", *numbered, "", "## Each of them"]
    for name, made in every.items():
        doc = Doc(made, made.__name__)
        parts += ["", f"### {name}", "", f"`{made.__module__}.{doc.signature()}`", "", doc.prose()]
        parts += ["", *doc.parameter_lines()] if doc.has("Parameters") else []
    return "\n".join([*parts, "", END])


def _named(name: str) -> str:
    return ", ".join(f"`{one}`" for one in (name, *(f"{scheme}://" for scheme in ENGINES[name].schemes)))


def _installed(name: str) -> str:
    extra = ENGINES[name].extra
    return f"`pip install 'featureprep[{extra}]'`" if extra else "featureprep itself"


def _support(feature: str, engine: type[Engine], notes: list[str]) -> str:
    """Whether an engine has a feature; the reason why not is noted."""
    if feature not in engine.gaps:
        return "yes"
    notes.append(f'{engine.name} has no "{feature}": {markdown(engine.gaps[feature])}.')
    return f"no ({len(notes)})"
