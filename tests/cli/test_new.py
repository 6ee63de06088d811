"""`featureprep new`: projects that run, and everything that it refuses."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from featureprep import open_graph
from tests.cli.conftest import Call
from tests.cli.people import rows
from tests.test_outfile import largest_file

FILES = {
    ".github/workflows/features.yml", ".gitignore", "README.md", "contract.yaml", "job.py", "pyproject.toml", "requirements.txt", "tests/test_job.py",
}  # fmt: skip


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def pytest_in(folder: Path) -> str:
    """What `pytest` prints in a project; it must pass, without a warning, and without this checkout's settings."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_project_runs_at_once(call: Call, project: Path) -> None:
    said = call("new", "my-features").stdout.splitlines()
    assert files(project / "my-features") == FILES | {"data/deliveries.csv"}
    assert said[-1] == "next: cd my-features && featureprep run job.py"
    assert set(said[:-1]) == {f"my-features/{path}" for path in FILES | {"data/deliveries.csv"}}
    run = json.loads(call("run", "my-features/job.py", "--store", "s", "--json").stdout)
    assert run["dataset"] == "my_features"
    assert run["rows"] == {"read": 603, "created": 0, "merged": 0, "dropped": 64, "quarantined": 2, "written": 537}
    assert "5 passed" in pytest_in(project / "my-features")


def test_what_the_project_does_in_ci_and_says_in_its_readme(call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call("new", "mine")
    monkeypatch.chdir(project / "mine")
    github = yaml.safe_load(Path(".github/workflows/features.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for step in github["jobs"]["check"]["steps"] if "run" in step]
    readme = Path("README.md").read_text(encoding="utf-8")
    gitlab = yaml.safe_load(readme.partition("```yaml\n")[2].partition("```")[0])
    assert gitlab["check"]["script"] == commands
    assert [command for command in commands if not command.startswith("featureprep ")] == ["pip install -r requirements.txt", "pytest"]
    blocks = re.findall(r"```(console|python)\n(.*?)```", readme, re.DOTALL)
    shown = [line[2:].partition("  #")[0] for kind, block in blocks if kind == "console" for line in block.splitlines()]
    for command in [*commands, *shown]:
        program, *arguments = shlex.split(command)
        if program == "featureprep":
            call(*arguments)
    (session,) = (block for kind, block in blocks if kind == "python")
    exec(compile(session, "README.md", "exec"), {})


def test_a_new_project_is_the_same_every_time(call: Call, project: Path) -> None:
    call("new", "a", "--name", "same")
    call("new", "b", "--name", "same")
    assert {path: (project / "a" / path).read_bytes() for path in files(project / "a")} == {
        path: (project / "b" / path).read_bytes() for path in files(project / "b")
    }


def test_a_project_for_data(call: Call, project: Path) -> None:
    (project / "people.csv").write_text(rows(0, 90), encoding="utf-8")
    call("new", "mine", "--data", "people.csv")
    assert files(project / "mine") == FILES
    job = (project / "mine/job.py").read_text(encoding="utf-8")
    for line in (
        'sources={"people": fp.read_csv("../people.csv")},',
        'split=fp.split(train=0.8, eval=0.2, by="id"),',
        'age=T.standard_scale("age"),  # 10 to 69',
        'city=T.one_hot("city"),  # 3 values: "Lima", "Oslo", "Rome"',
        '# label=fp.label((col("income") == "high").cast("int8")),',
        'keep=["id"],',
    ):
        assert line in job
    run = json.loads(call("run", "mine/job.py", "--store", "s", "--json").stdout)
    assert run["rows"]["written"] == 90
    served = open_graph("s", "mine@latest")({"age": 33, "city": "Oslo", "income": "low"})
    assert sorted(served["city"]) == [0, 0, 1]
    assert "3 passed" in pytest_in(project / "mine")


def test_a_project_for_a_contract_that_was_edited(call: Call, project: Path) -> None:
    call("infer", "people1.csv", "-o", "contract.yaml")
    text = (project / "contract.yaml").read_text(encoding="utf-8").replace("  income:\n", "  income:\n    not_in: [SERVING]\n")
    (project / "contract.yaml").write_text(text.replace("  city:\n", "  city:\n    sensitive: true\n"), encoding="utf-8")
    call("new", "mine", "--from", "contract.yaml", "--data", "people1.csv")
    assert (project / "mine/contract.yaml").read_bytes() == (project / "contract.yaml").read_bytes()
    job = (project / "mine/job.py").read_text(encoding="utf-8")
    assert '\n        income=fp.label((col("income") == "high").cast("int8")),  # known in training only, by the contract' in job
    assert '#   "city": marked sensitive in the contract' in job
    assert "Oslo" not in job + (project / "mine/tests/test_job.py").read_text(encoding="utf-8")
    call("run", "mine/job.py", "--store", "s")
    assert set(open_graph("s", "mine@latest")({"id": 1, "age": 20})) == {"age", "id"}


def test_a_project_for_a_contract_alone_waits_for_its_data(call: Call, project: Path) -> None:
    call("infer", "people1.csv", "-o", "contract.yaml")
    said = call("new", "mine", "--from", "contract.yaml")
    assert "data.csv, which is not there" in said.stderr
    assert "skipped" in pytest_in(project / "mine")
    assert "data.csv" in call("run", "mine/job.py", "--store", "s", code=3).stderr
    (project / "people1.csv").rename(project / "mine/data.csv")
    call("run", "mine/job.py", "--store", "s")


def test_a_contract_with_the_name_of_its_source(call: Call, project: Path) -> None:
    (project / "c.yaml").write_text("sources: {folk: {columns: {age: int64, city: string}}}", encoding="utf-8")
    call("new", "mine", "--from", "c.yaml", "--data", "people1.csv")
    assert 'sources={"folk": fp.read_csv("../people1.csv")}' in (project / "mine/job.py").read_text(encoding="utf-8")
    call("run", "mine/job.py", "--store", "s")
    (project / "c.yaml").write_text("sources: {'a b': {columns: {age: int64}}}", encoding="utf-8")
    assert "'a b' cannot be" in call("new", "yours", "--from", "c.yaml", code=2).stderr


def test_hostile_names_of_columns_and_files(call: Call, project: Path) -> None:
    names = [
        'a "b" c', "def", "keep", "dtype", "x'); import os; os.system('x') #", "l1\nl2", "ﬁ", "fi", "価格", "🙂", "1st", "a\\", "{{ 7*7 }}", '"""', "x_missing",
        "x", "self", "fp", "T", "{% raw %}", "\u202eevil", "label", "a" * 300,
    ]  # fmt: skip
    data = project / "sp 'ace\"; {{x}}" / "d y.csv"
    data.parent.mkdir()
    with data.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for i in range(60):
            texts = "uvw"[i % 3] + "'\n\"" * (i % 2)
            writer.writerow([("" if i % 2 else i / 8) if name == "x" else i / 7 if k % 3 else texts for k, name in enumerate(names)])
    call("new", "mine", "--data", data)
    run = json.loads(call("run", "mine/job.py", "--store", "s", "--json").stdout)
    assert run["rows"]["written"] == 60
    assert len(open_graph("s", "mine@latest")({})) == len(names) + 1  # and whether x is missing


def test_how_the_data_is_read_goes_into_the_job(call: Call, project: Path) -> None:
    (project / "odd.txt").write_text("1;?;x\n2;3.5;y\n", encoding="utf-8")
    call("new", "mine", "--data", "odd.txt", "--separator", ";", "--names", "a,b,c", "--null-value", "?", "--on-error", "quarantine")
    job = (project / "mine/job.py").read_text(encoding="utf-8")
    assert 'fp.read_csv("../odd.txt", on_error="quarantine", separator=";", names=["a", "b", "c"], null_values=["?"])' in job
    call("run", "mine/job.py", "--store", "s")


def test_other_formats(call: Call, project: Path) -> None:
    lines = [
        {"word": f"a b c {i}", "tags": ["x", "y"][: i % 3], "ok": i % 2 == 0, "at": f"2024-05-{i % 28 + 1:02d}T10:00:00"} for i in range(40)
    ]
    (project / "d.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    call("new", "mine", "--data", "d.jsonl")
    job = (project / "mine/job.py").read_text(encoding="utf-8")
    assert 'fp.read_json("../d.jsonl")' in job
    assert 'ok=col("ok").cast("int8"),' in job
    assert 'at=T.date_parts("at", ["month", "weekday", "hour"]),' in job
    assert 'tags=T.multi_hot("tags", top_k=200),' in job
    call("run", "mine/job.py", "--store", "s")


def test_nothing_is_overwritten_without_force(call: Call, project: Path) -> None:
    (project / "mine").mkdir()
    (project / "mine/README.md").write_text("my own", encoding="utf-8")
    error = call("new", "mine", code=2).stderr
    assert "not overwritten: README.md" in error
    assert "--force" in error
    assert files(project / "mine") == {"README.md"}
    (project / "mine/notes.txt").write_text("mine too", encoding="utf-8")
    call("new", "mine", "--force")
    assert (project / "mine/README.md").read_text(encoding="utf-8").startswith("# mine")
    assert (project / "mine/notes.txt").read_text(encoding="utf-8") == "mine too"


def test_a_folder_that_is_there_is_filled(call: Call, project: Path) -> None:
    (project / "mine/.git").mkdir(parents=True)
    call("new", "mine")
    assert (project / "mine/job.py").is_file()


def test_this_folder(call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "here").mkdir()
    monkeypatch.chdir(project / "here")
    call("new", ".")
    assert "def here(" in (project / "here/job.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["people1.csv"], "not a folder"),
        (["no/such/folder"], "mkdir -p no/such"),
        (["1st"], "my_1st would do"),
        (["My Project"], "my_project would do"),
        (["import"], "my_import would do"),
        (["fp"], "my_fp would do"),
        (["-x"], "No such option"),
        (["x\0y"], "NUL"),
        (["x" * 300], "File name too long"),
        (["mine", "--name", "../up"], "up would do"),
        (["mine", "--data", "absent.csv"], "there is no such file"),
        (["mine", "--data", "job.py"], "--input-format"),
        (["mine", "--from", "absent.yaml"], "the contract does not exist"),
        (["mine", "--from", "people1.csv"], "error"),
        (["mine", "--separator", ";"], "--data PATH"),
        (["mine", "--from", "several.yaml"], "2 sources"),
        (["mine", "--data", "dollar.csv"], "begin with $"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(arguments: list[str], says: str, call: Call, project: Path) -> None:
    (project / "several.yaml").write_text("sources: {a: {columns: {x: int64}}, b: {columns: {x: int64}}}", encoding="utf-8")
    (project / "dollar.csv").write_text("$x,y\n1,2\n", encoding="utf-8")
    before = files(project)
    assert says in call("new", *arguments, code=2).stderr
    assert files(project) == before
    assert not (project / "mine").exists()


def test_links_are_not_followed(call: Call, project: Path) -> None:
    (project / "mine").mkdir()
    (project / "precious.txt").write_text("precious", encoding="utf-8")
    (project / "mine/job.py").symlink_to(project / "precious.txt")
    call("new", "mine", code=2)
    call("new", "mine", "--force")
    assert (project / "precious.txt").read_text(encoding="utf-8") == "precious"
    assert not (project / "mine/job.py").is_symlink()
    (project / "yours").mkdir()
    (project / "elsewhere").mkdir()
    (project / "yours/tests").symlink_to(project / "elsewhere")
    assert "tests is in the way" in call("new", "yours", "--force", code=2).stderr
    assert not files(project / "elsewhere")
    (project / "dangling").symlink_to(project / "nowhere")
    assert "not a folder" in call("new", "dangling", code=2).stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(call: Call, project: Path) -> None:
    (project / "locked").mkdir(mode=0o500)
    assert "cannot be written" in call("new", "locked/mine", code=3).stderr


def test_json(call_json: Callable[..., Any], project: Path) -> None:
    assert call_json("new", "mine") == {"folder": "mine", "name": "mine", "files": sorted(FILES | {"data/deliveries.csv"})}


def test_infer_tells_what_was_read_wrongly(call: Call, project: Path) -> None:
    (project / "na.csv").write_text("a,b\n1,x\nNA,y\n2,NA\n", encoding="utf-8")
    said = call("infer", "na.csv", "-o", "c.yaml")
    assert "'NA' in a, b" in said.stderr
    assert "--null-value NA --null-value ''" in said.stderr
    again = call("infer", "na.csv", "--null-value", "NA", "-o", "c2.yaml")
    assert "note" not in again.stderr
    assert "featureprep new na_features --from c2.yaml --data na.csv --null-value NA" in again.stdout
    (project / "semi.csv").write_text("a;b\n1;x\n2;y\n", encoding="utf-8")
    assert "--separator ';'" in call("infer", "semi.csv").stderr
    assert "--separator ';'" in call("new", "mine", "--data", "semi.csv").stderr


def test_infer_tells_of_a_first_record_that_is_no_header(call: Call, project: Path) -> None:
    (project / "bare.csv").write_text("39, State-gov, 7.5\n50, Private, 8.5\n38, State-gov, 9.5\n", encoding="utf-8")
    said = call("infer", "bare.csv").stderr
    assert "look like values (39, State-gov, 7.5)" in said
    assert "--no-header, or --names A,B,C" in said
    assert "names and values begin with a space (State-gov, 7.5): --separator ', '" in said
    assert call("infer", "bare.csv", "--names", "a,b,c", "--separator", ", ").stderr == ""
    assert "values begin with a space (b)" in call("infer", "bare.csv", "--names", "a,b,c").stderr
    for good in ("country,2019,2020,2021\nFrance,1,2,3\nPeru,2,3,1\n", "0,1,2\n5,6,7\n", "2024-01-01,2024-01-02,2024-01-03\n1,2,3\n"):
        (project / "good.csv").write_text(good, encoding="utf-8")
        assert call("infer", "good.csv").stderr == ""


def test_infer_tells_of_no_rows_and_of_one_column_too_few(call: Call, project: Path) -> None:
    (project / "head.csv").write_text("a,b\n", encoding="utf-8")
    assert "there are no rows" in call("infer", "head.csv").stderr
    assert "holds ','" in call("infer", "people1.csv", "--separator", ";").stderr


def test_infer_counts_records_that_were_set_apart(call: Call, project: Path) -> None:
    (project / "bad.csv").write_text("a,b\n1,2\n1,2,3\n", encoding="utf-8")
    said = call("infer", "bad.csv", "--on-error", "quarantine", "-o", "c.yaml").stdout
    told = "from 1 row (1 record could not be parsed and was set apart)"
    assert told in said
    assert f"# bad.csv: {told}\n" in (project / "c.yaml").read_text(encoding="utf-8")
    assert "was left out" in call("infer", "bad.csv", "--on-error", "drop").stdout


def test_hints_on_the_command_line_are_flags(call: Call, project: Path) -> None:
    for text, hint in {
        "id,age,city,income\n1,2,3\n": "--on-error quarantine sets such records apart, --on-error drop leaves",
        "id,id\n1,2\n": "--names A,B,C --header; or --no-header,",
    }.items():
        (project / "bad.csv").write_text(text, encoding="utf-8")
        assert hint in call("infer", "bad.csv", code=1).stderr
        assert "--" not in call("run", "job.py", "--source", "people=bad.csv", code=1).stderr.partition("hint:")[2]
    (project / "wide.csv").write_bytes("a,b\n1,2\n".encode("utf-16"))
    assert "give --encoding utf-16" in call("infer", "wide.csv", code=1).stderr


def test_a_word_among_numbers(call: Call, project: Path) -> None:
    (project / "n.csv").write_text("n\n" + "".join(f"{i}\n" for i in range(90)) + "NA\n", encoding="utf-8")
    call("infer", "n.csv", "-o", "c.yaml")
    assert "values:" not in (project / "c.yaml").read_text(encoding="utf-8")
    assert "all numbers but 'NA'" in (project / "c.yaml").read_text(encoding="utf-8")
    call("infer", "n.csv", "--null-value", "NA", "-o", "d.yaml")
    assert "--null-value NA --null-value ''" in call("validate", "n.csv", "--contract", "d.yaml", code=1).stdout


def test_data_far_away_is_named_by_its_path(call: Call, project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    far = tmp_path_factory.mktemp("far") / "a/b/c/d.csv"
    far.parent.mkdir(parents=True)
    far.write_text(rows(0, 60), encoding="utf-8")
    (project / "x/y/z").mkdir(parents=True)
    call("new", "x/y/z/mine", "--data", far)
    assert f'DATA = "{far}"' in (project / "x/y/z/mine/tests/test_job.py").read_text(encoding="utf-8")


def test_a_full_disk_leaves_no_half_project(call: Call, project: Path) -> None:
    (project / "tiny").mkdir()
    with largest_file(1000):
        told = call("new", "tiny/proj", code=3).stderr
        assert "cannot be written: File too large" in told
        assert "hint: a limit on the size of files" in told
        assert "resume" not in told
        assert list((project / "tiny").iterdir()) == []
    call("new", "tiny/proj")
    before = {path: (project / "tiny/proj" / path).read_bytes() for path in files(project / "tiny/proj")}
    (project / "tiny/proj/data/deliveries.csv").unlink()
    with largest_file(1000):
        call("new", "tiny/proj", "--force", code=3)
    assert files(project / "tiny/proj") == set(before) - {"data/deliveries.csv"}
    assert all((project / "tiny/proj" / path).read_bytes() == content for path, content in before.items() if path != "data/deliveries.csv")


def test_infer_names_a_project_that_can_be_made(call: Call, project: Path) -> None:
    assert "featureprep new people1_features --from c.yaml --data people1.csv" in call("infer", "people1.csv", "-o", "c.yaml").stdout
    (project / "people1_features").mkdir()
    again = call("infer", "people1.csv", "-o", "c.yaml", "--force").stdout
    assert "featureprep new people1_features_2 --from c.yaml --data people1.csv" in again
    (project / "people1.csv").rename(project / "2024 Trips.csv")
    assert "featureprep new my_features --from" in call("infer", "2024 Trips.csv", "-o", "c.yaml", "--force").stdout


def test_a_project_for_cells_that_are_not_what_they_seem(call: Call, project: Path) -> None:
    lines = [
        f"{i:05d};{i},{i % 7}5;{1 + i % 28:02d}.11.2021;2024-01-{1 + i % 28:02d}T21:15:00+02:00;{'a' if i % 4 == 0 else f'b{i}|c{i % 9}'}"
        for i in range(300)
    ]
    (project / "odd.csv").write_text("\n".join(["emp_no;price;day;at;products", *lines]) + "\n", encoding="utf-8")
    said = call("new", "mine", "--data", "odd.csv", "--separator", ";").stderr
    assert said.count("note: ") == 3
    job = (project / "mine/job.py").read_text(encoding="utf-8")
    for line in (
        '# "emp_no": some cells begin with a zero, which a number loses; `type: string` in contract.yaml keeps it\n        keep=["emp_no"]',
        '# "price": numbers with a decimal comma; to take them so: col("price").str.replace(",", ".").cast("float64")\n        price=',
        '# "day": dates in another spelling than 2024-05-31; to take them so: col("day").dt.parse("%d.%m.%Y")\n        day=',
        '# "at": these are times in UTC: 21:15+02:00 is of hour 19; for what clocks in a place show: col("at").dt.to_local("Europe/Berlin")\n        at=',
        'products=T.multi_hot(col("products").str.split("|"), top_k=200),',
    ):
        assert line in job, line
    call("run", "mine/job.py", "--store", "s")
    call("infer", "odd.csv", "--separator", ";", "-o", "c.yaml")
    call("new", "yours", "--from", "c.yaml", "--data", "odd.csv", "--separator", ";")
    theirs = (project / "yours/job.py").read_text(encoding="utf-8")
    assert theirs == job.replace("def mine(", "def yours(")
