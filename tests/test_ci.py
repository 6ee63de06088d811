"""What CI servers take from this repository: the action, the GitLab template, the hook of pre-commit, and the page that shows them; what they run is run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tools.check_readme import differences

ROOT = Path(__file__).resolve().parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "gitlab-featureprep.yml").read_text(encoding="utf-8"))[".featureprep-validate"]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
CONTRACT = "columns:\n  fare: {type: float64, range: {min: 0}}\n  zone: string\n"


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of a CI server: `featureprep` runs this checkout, and what pip is asked for is kept in pip.txt."""
    programs = tmp_path / "bin"
    programs.mkdir()
    real = shlex.quote(sys.executable)
    scripts = {
        "featureprep": f'exec {real} -m featureprep "$@"',
        "python": f'if [ "$2" = pip ]; then printf "%s\\n" "$@" > {tmp_path}/pip.txt; else exec {real} "$@"; fi',
        "python3": f'if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp {programs}/python {programs}/featureprep "$3/bin"; else exec {real} "$@"; fi',
    }
    for name, script in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    (work / "good.csv").write_text("fare,zone\n1.5,a\n2,b\n", encoding="utf-8")
    (work / "bad drop.csv").write_text("fare,zone\n1.5,a\n-2,b\n", encoding="utf-8")
    (work / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "CI_", "FEATUREPREP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path / "temp dir"))
    return work


def bash(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """As runners do: bash that stops at the first failure."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env={**os.environ, **env}, capture_output=True, encoding="utf-8", check=False, timeout=120)


def act(folder: Path, summary: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The steps of the action, one after the other, with what the runner puts in place of the expressions."""
    given = {name: str(stated.get("default", "")) for name, stated in ACTION["inputs"].items()} | {
        name.replace("_", "-"): v for name, v in inputs.items()
    }
    assert set(given) == set(ACTION["inputs"])
    for step in ACTION["runs"]["steps"]:
        env = {
            name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: given[match[1]], text).replace(
                "${{ github.action_path }}", str(ROOT)
            )
            for name, text in step["env"].items()
        }
        assert not any("${{" in text for text in env.values())
        done = bash(step["run"], folder, **env, GITHUB_STEP_SUMMARY=str(summary), GITHUB_WORKSPACE=str(folder))
        if done.returncode:
            break
    return done


def test_the_action_keeps_to_its_schema_and_puts_no_text_of_others_into_scripts() -> None:
    schema = json.loads((ROOT / "tests" / "schemas" / "github-action.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(ACTION)
    assert all("${{" not in step["run"] for step in ACTION["runs"]["steps"])
    used = set(re.findall(r"inputs\.([\w-]+)", json.dumps(ACTION["runs"])))
    assert used == set(ACTION["inputs"])


def test_the_action(runner: Path, tmp_path: Path) -> None:
    good = act(runner, tmp_path / "summary.md", drop="good.csv", contract="contract.yaml")
    assert (good.returncode, good.stderr) == (0, "met: the report is in featureprep.sarif\n")
    assert (tmp_path / "pip.txt").read_text(encoding="utf-8").splitlines()[-1] == str(ROOT)
    bad = act(
        runner, tmp_path / "summary.md", drop="bad drop.csv", contract="contract.yaml", sarif="a b.sarif", fail_on="warn",
        arguments="--environment\nSERVING\n",
    )  # fmt: skip
    assert bad.returncode == 1
    assert bad.stdout.startswith(
        "::error file=contract.yaml,line=2,title=bad drop.csv breaks the rule%3A fare is at least 0.0::1 of 2 rows"
    )
    assert "### ❌ The data does not meet its contract" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert len(json.loads((runner / "a b.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]) == 1


@pytest.mark.parametrize(
    "drop, contract",
    [("$(touch owned)", "contract.yaml"), ("good.csv", "`touch owned`"), ("good.csv", "'; touch owned; '"), ("--help", "")],
)
def test_the_action_runs_nothing_of_its_inputs(runner: Path, tmp_path: Path, drop: str, contract: str) -> None:
    done = act(runner, tmp_path / "summary.md", drop=drop, contract=contract)
    assert done.returncode == (3 if drop.startswith("$") else 2)  # a drop that did not come, or a wrong request
    assert not (runner / "owned").exists()


@pytest.mark.parametrize(
    "engine, extra",
    [("pandas", ""), ("dask", "[dask]"), ("spark", "[spark]"), ("sc://host:1", "[spark]"), ("beam://FlinkRunner?x=1", "[beam]")],
)
def test_the_action_installs_what_the_engine_needs(runner: Path, tmp_path: Path, engine: str, extra: str) -> None:
    script = ACTION["runs"]["steps"][0]["run"]
    assert bash(script, runner, ENGINE=engine, SOURCE="/src").returncode == 0
    assert (tmp_path / "pip.txt").read_text(encoding="utf-8").splitlines()[-1] == f"/src{extra}"


def test_the_gitlab_template(runner: Path, tmp_path: Path) -> None:
    variables = {name: str(value) for name, value in GITLAB["variables"].items()}
    assert set(re.findall(r"\$(\w+)", " ".join(GITLAB["script"]))) == set(variables)
    done = bash("\n".join(GITLAB["script"]), runner, **{**variables, "FEATUREPREP_DROP": "bad drop.csv"}, CI_PROJECT_DIR=str(runner))
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("contract FAILED")
    assert (tmp_path / "pip.txt").read_text(encoding="utf-8").splitlines()[-1] == "featureprep"
    assert {name for names in GITLAB["artifacts"]["reports"].values() for name in [names]} == {
        name for name in os.listdir(runner) if name.startswith(("gl-", "featureprep-"))
    }
    (issue,) = json.loads((runner / "gl-code-quality-report.json").read_text(encoding="utf-8"))
    assert issue["location"] == {"path": "contract.yaml", "lines": {"begin": 2}}


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_the_gitlab_template_takes_a_job_and_any_name(runner: Path, shell: str) -> None:
    """A job's own contract where none is named; a contract with a blank in its name; a drop that looks like an option."""
    (runner / "job.py").write_text(
        "import featureprep as fp\n\n@fp.job(sources={'trips': fp.read_csv('good.csv')}, contract='contract.yaml')\n"
        "def job(trips):\n    return trips\n",
        encoding="utf-8",
    )
    (runner / "--fail-on.csv").write_bytes((runner / "good.csv").read_bytes())
    (runner / "the contract.yaml").write_bytes((runner / "contract.yaml").read_bytes())
    variables = {name: str(value) for name, value in GITLAB["variables"].items()}
    for drop, contract in (("job.py", ""), ("--fail-on.csv", "the contract.yaml")):
        env = {**os.environ, **variables, "FEATUREPREP_DROP": drop, "FEATUREPREP_CONTRACT": contract}
        command = [shell, "-ec", "\n".join(GITLAB["script"])]
        done = subprocess.run(command, cwd=runner, env=env, capture_output=True, encoding="utf-8", check=False, timeout=120)
        assert (done.returncode, done.stdout[:13]) == (0, "contract met:"), done.stderr


def test_the_hooks_of_pre_commit_take_contracts() -> None:
    for hook in HOOKS:
        assert {"id", "name", "entry", "language"} <= set(hook)
        taken = [name for name in ("contract.yaml", "a/contract.yml", "rides.contract.yaml", "contract.yaml.j2", "subcontract.yaml", "x.yaml")
                 if re.search(hook["files"], name)]  # fmt: skip
        assert taken == ["contract.yaml", "a/contract.yml", "rides.contract.yaml"]


def hook(name: str) -> str:
    (found,) = [each for each in HOOKS if each["id"] == name]
    return str(found["entry"])


def test_the_hook_that_reads_contracts(runner: Path) -> None:
    entry = hook("featureprep-contract-lint")
    (runner / "-x.contract.yaml").write_text("columns:\n  a: {type: int64, requierd: true}\n", encoding="utf-8")
    assert bash(f"{entry} contract.yaml", runner).returncode == 0
    done = bash(f"{entry} contract.yaml -x.contract.yaml", runner)
    assert done.returncode == 2
    assert done.stdout == "-x.contract.yaml:2: column 'a' has the unknown key 'requierd'; did you mean 'required'?\n"


def test_the_hook_that_holds_contracts_against_the_last_commit(runner: Path) -> None:
    entry = hook("featureprep-contract-compatible")
    (runner / "a b").mkdir()
    (runner / "a b" / "-x.contract.yaml").write_text(CONTRACT, encoding="utf-8")
    (runner / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    assert bash("git init -q && git add .", runner).returncode == 0
    first = bash(f"{entry} contract.yaml", runner)
    assert (first.returncode, first.stdout) == (0, "contract.yaml: nothing to compare with: HEAD does not have it\n")
    assert bash("git -c user.name=a -c user.email=a@example.com commit -q -m one", runner).returncode == 0
    same = bash(f"{entry} contract.yaml 'a b/-x.contract.yaml'", runner)
    assert same.returncode == 0, same.stderr
    assert "HEAD:a b/-x.contract.yaml and a b/-x.contract.yaml state the same" in same.stdout
    (runner / "new.contract.yaml").write_text(CONTRACT, encoding="utf-8")
    assert bash(f"{entry} new.contract.yaml", runner).returncode == 0
    (runner / "contract.yaml").write_text(CONTRACT.replace("min: 0", "min: -5"), encoding="utf-8")
    assert bash(f"{entry} contract.yaml", runner).returncode == 0
    (runner / "a b" / "-x.contract.yaml").write_text(CONTRACT.replace("  zone: string\n", ""), encoding="utf-8")
    done = bash(f"{entry} contract.yaml 'a b/-x.contract.yaml'", runner)
    assert done.returncode == 1
    assert "BREAKING: zone: removed: the column was stated, of type string, with 2 rules  [HEAD:a b/-x.contract.yaml:3]" in done.stdout
    # a contract that could not be used must be mended by some commit
    (runner / "contract.yaml").write_text("columns: {a: nonsense}\n", encoding="utf-8")
    assert bash("git add . && git -c user.name=a -c user.email=a@example.com commit -q -m two", runner).returncode == 0
    (runner / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    mended = bash(f"{entry} contract.yaml", runner)
    assert mended.returncode == 0
    assert mended.stdout.startswith("contract.yaml: nothing to compare with: HEAD:contract.yaml:1 could not be used: ")


def test_the_page_is_true(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    assert text.count("$ featureprep ") >= 5
    found = "\n".join(differences(text, tmp_path, "docs/ci.md"))
    assert not found, f"to take over what is printed now, after a look at it: python tools/check_readme.py --write\n{found}"


def test_what_the_page_shows_of_servers_is_what_there_is() -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    workflow, included, hooks = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL))
    (step,) = [step for step in workflow["jobs"]["data"]["steps"] if step.get("id") == "validate"]
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert set(re.findall(r"outputs\.(\w+)", text)) <= set(ACTION["outputs"])
    assert included["data"]["extends"] == ".featureprep-validate"
    assert set(included["data"]["variables"]) <= set(GITLAB["variables"])
    assert [hook["id"] for hook in hooks["repos"][0]["hooks"]] == [hook["id"] for hook in HOOKS]
    assert all((ROOT / "docs" / link).exists() for link in re.findall(r"\]\(([\w./-]+\.(?:md|yml))\)", text))
