"""Every example in the help of a verb is run, in a project that has what it names; in order, as someone who reads the page would."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from importlib.util import find_spec
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import featureprep as fp
from featureprep.cli import cli
from featureprep.cli.app import VERBS
from featureprep.cli.verb import Verb
from featureprep.jobs.engines import ENGINES
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import staged_runs

JOB = """
import datetime as dt
import featureprep as fp
from featureprep import col
from featureprep import transforms as T


@fp.job(sources={"people": fp.read_csv("people.csv")}, contract="people.yaml", split=fp.split(train=0.8, eval=0.2, by="row"))
def census(people: fp.Table) -> fp.Table:
    people = people.filter(col("age") < 90, name="known age").with_columns(day=fp.param("day", "date", dt.date(2024, 1, 1)))
    return people.features(
        age=T.standard_scale("age"),
        education=T.one_hot("education"),
        month=col("day").dt.month(),
        label=fp.label((col("income") == ">50K").cast("int8")),
    )
"""
PEOPLE = "age: int64\n  education: string\n  income: {type: string, not_in: [SERVING]}\n"
TRIPS = "fare: float64\n  zone: string\n"
RUN_ID = re.compile(r"r20240601t120000000-0123456789")


def people(start: int) -> str:
    lines = [
        f"{20 + i * 7 % 60},{('Bachelors', 'Masters', 'HS-grad')[i % 3]},{'>50K' if i % 4 else '<=50K'}" for i in range(start, start + 40)
    ]
    return "\n".join(["age,education,income", *lines]) + "\n"


def trips(start: int) -> str:
    return "\n".join(["fare,zone", *(f"{i / 4},{'ab'[i % 2]}" for i in range(start, start + 40))]) + "\n"


def logs(folder: Path) -> None:
    """What a server of `census@prod` logs, its fields and features in several places, and one of `census@3`."""
    requests = [{"age": 20 + i, "education": ("Bachelors", "Masters")[i % 2]} for i in range(9)]
    served, other = (fp.open_graph("./store", ref) for ref in ("census@prod", "census@3"))
    lines = [json.dumps({**row, "request": row, "served": served(row), "response": {"features": served(row)}}) for row in requests]
    (folder / "requests.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = [{**{f"in_{k}": v for k, v in row.items()}, **{f"out_{k}": v for k, v in other(row).items()}} for row in requests]
    pq.write_table(pa.Table.from_pylist(rows), folder / "log.parquet")


def done(line: str) -> str:
    """What a command line prints; it must be good."""
    program, *arguments = shlex.split(line)
    assert program == "featureprep"
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, f"{line}\n{result.output}"
    assert "Traceback" not in result.output
    assert "internal error" not in result.output
    return result.stdout


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three versions of `census`, one of them tagged, and a run that was killed."""
    folder = tmp_path_factory.mktemp("world")
    made = {
        "job.py": JOB, "people.yaml": f"columns:\n  {PEOPLE}", "drift.yaml": f"columns:\n  {PEOPLE}drift: {{linf: 0.1}}\n",
        "adult.data": "39, Clerk, high\n?, Smith, low\n",
        "people.csv": people(0), "adult.csv": people(10), "new.csv": people(20), "sample.csv": people(30),
        "trips.csv": trips(0), "eval.csv": trips(7), "zones.csv": "zone,name\na,Airport\nb,Beach\n",
        "row.json": '{"age": 39, "education": "Masters"}',
    }  # fmt: skip
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FEATUREPREP_STORE", raising=False)
        patch.chdir(folder)
        for source in ("people.csv", "adult.csv", "new.csv"):
            done(f"featureprep run job.py --source people={source}")
        done("featureprep tag census@2 prod")
        logs(folder)

        def dies(*args: object, **options: object) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as cut:
            cut.setattr("featureprep.jobs.driver.publish", dies)
            assert CliRunner().invoke(cli, ["run", "job.py"]).exit_code == 130
    return folder


def examples(name: str) -> tuple[str, ...]:
    command = cli.get_command(click.Context(cli), name)
    assert isinstance(command, Verb)
    return command.examples


def installed(line: str) -> bool:
    """Whether what a command line names, if it names it, is there: an engine, or (for seconds of TensorFlow's import) TFDV, which is left out."""
    if "--also" in line:
        return False
    words = shlex.split(line)
    package = ENGINES[words[words.index("--engine") + 1]].package if "--engine" in words else None
    return package is None or find_spec(package) is not None


@pytest.mark.parametrize("name", VERBS)
def test_the_examples_run(name: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(world, tmp_path / "here")
    monkeypatch.delenv("FEATUREPREP_STORE", raising=False)
    monkeypatch.chdir(world if name == "resume" else tmp_path / "here")  # a run is resumed where its files are
    (killed,) = staged_runs(ObjectStore.open("./store"))
    committed = json.loads(done("featureprep datasets census --json"))["datasets"][0]["versions"][0]["run_id"]
    contract = Path("contract.yaml")
    for line in filter(installed, examples(name)):
        several = f"sources:\n  trips:\n    columns: {{{', '.join(TRIPS.split(chr(10) + '  ')).strip()}}}\n  zones:\n    columns: {{zone: string, name: string}}\n"
        contract.write_text(several if "--source zones" in line else f"columns:\n  {TRIPS}", encoding="utf-8")
        if "--propose" in line:  # something that the data does not meet
            contract.write_text("columns: {fare: float64}\n", encoding="utf-8")
        elif name == "infer":
            contract.unlink()
        here = RUN_ID.sub(killed if name == "resume" else committed, line).replace("/r1/", f"/{committed}/")
        printed = done(here)
        words = shlex.split(line)
        made = next((words[words.index(flag) + 1] for flag in ("-o", "--tfmd") if flag in words), None)
        assert made is None or Path(made).stat().st_size > 0
        assert made or printed
    if name == "resume":  # for the others, as it was
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(world)
        shutil.copytree(tmp_path / "here", world)
