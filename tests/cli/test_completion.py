"""Completion: what a shell is offered, and that the scripts are good."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from featureprep.cli import cli
from featureprep.cli.app import VERBS
from featureprep.jobs.engines import ENGINES


def offered(*words: str) -> list[str]:
    """What is offered for the last of some words after `featureprep`."""
    *before, last = words
    return [
        item.value if item.type == "plain" else item.type
        for item in ShellComplete(cli, {}, "featureprep", "_X").get_completions(before, last)
    ]


@pytest.fixture
def store(project: Path) -> Path:
    """The skeleton of a store: two datasets, a tag, and things that are no datasets."""
    for path in ("people/log/{:020}.json", "people/tags/prod/{:020}.json", "pets/log/{:020}.json"):
        file = project / "store" / path.format(1)
        file.parent.mkdir(parents=True)
        file.touch()
    (project / "store/people/log" / f"{12:020}.json").touch()
    for name in ("_state", "_staging/r1", "empty", "Bad Name/log"):
        (project / "store" / name).mkdir(parents=True)
    (project / "store/file").touch()
    return project / "store"


def test_verbs_and_options(project: Path) -> None:
    assert offered("") == list(VERBS)
    assert offered("re") == ["resume", "report"]
    assert "--store" in offered("run", "--st")
    assert offered("infer", "--on-error", "") == ["fail", "quarantine", "drop"]
    assert offered("completion", "") == ["bash", "zsh", "fish"]
    assert offered("run", "jo") == ["file"]


def test_options_that_take_paths_and_runs_that_did_not_end(store: Path) -> None:
    for words in (("run", "job.py", "--contract"), ("validate", "--contract"), ("new", "--from"), ("new", "--data"), ("stats", "-o")):
        assert offered(*words, "c") == ["file"]
    assert offered("run", "--store", "s") == ["dir"]
    assert offered("run", "--engine", "") == ["pandas", "dask", "spark", "beam"]
    assert offered("infer", "--engine", "sp") == ["spark"]
    assert set(offered("stats", "--engine", "")) == set(ENGINES)
    for run_id in ("r2", "r3"):
        (store / "_staging" / run_id).mkdir()
        (store / "_staging" / run_id / "manifest.json").touch()
    assert offered("resume", "") == ["r3", "r2"]
    assert offered("resume", "r2") == ["r2"]
    assert offered("resume", "--store", "s3://bucket/folder", "") == []


@pytest.mark.parametrize("verb", ["stats", "lineage", "report", "tag", "trace", "diff", "datasets"])
def test_datasets_and_their_versions(verb: str, store: Path) -> None:
    assert offered(verb, "p") == ["people", "pets"]
    assert offered(verb, "people@") == ["people@latest", "people@prod", "people@12", "people@1"]
    assert offered(verb, "people@1") == ["people@12", "people@1"]


def test_the_store_that_is_named(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered("lineage", "--store", "elsewhere", "") == []
    assert offered("lineage", "--store", "s3://bucket/folder", "") == []
    store.rename(store.parent / "moved")
    assert offered("lineage", "") == []
    assert offered("lineage", "--store", "moved", "pe") == ["people", "pets"]
    monkeypatch.setenv("FEATUREPREP_STORE", "moved")
    assert offered("diff", "people@1", "pe") == ["people", "pets"]


@pytest.mark.parametrize("text", ["../../etc@", "_state@", "@", "x@y@z", "\0", "empty@", "file@", "p" * 5000 + "@"])
def test_nonsense_is_offered_nothing(text: str, store: Path) -> None:
    assert offered("lineage", text) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script(shell: str, call: Callable[..., object], project: Path) -> None:
    script = CliRunner().invoke(cli, ["completion", shell]).stdout
    assert f"_FEATUREPREP_COMPLETE={shell}_complete" in script
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    checked = subprocess.run([program, "-n"], input=script, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"there is no {shell} here: apt-get install {shell}")


@pytest.fixture
def env(store: Path) -> dict[str, str]:
    """An environment in which `featureprep` is this one, in the folder of the store."""
    program = store.parent / "bin" / "featureprep"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m featureprep "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (store.parent / "my data.csv").touch()
    root = str(Path(__file__).parent.parent.parent)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": root, "HOME": str(store.parent), "TERM": "dumb"}


@needs("bash")
def test_in_bash(store: Path, env: dict[str, str]) -> None:
    """The function that the script makes, called as bash calls it."""
    script = (
        'eval "$(featureprep completion bash)"; COMP_WORDS=(featureprep stats people@); COMP_CWORD=2; '
        '_featureprep_completion featureprep; echo "${COMPREPLY[@]}"; [[ $COMP_WORDBREAKS != *@* ]]'
    )
    made = subprocess.run(["bash", "-c", script], cwd=store.parent, env=env, capture_output=True, text=True, check=False)
    assert (made.returncode, made.stdout.split()) == (0, ["people@latest", "people@prod", "people@12", "people@1"]), made.stderr


@needs("fish")
def test_in_fish(store: Path, env: dict[str, str]) -> None:
    """What fish itself would offer, from the file that the help names."""
    folder = store.parent / ".config/fish/completions"
    folder.mkdir(parents=True)
    script = subprocess.run(["featureprep", "completion", "fish"], env=env, capture_output=True, text=True, check=True).stdout
    (folder / "featureprep.fish").write_text(script, encoding="utf-8")
    typed = {
        "featureprep stats people@": ["people@1", "people@12", "people@latest", "people@prod"],
        "featureprep stats ": ["people", "pets"],
        "featureprep rep": ["report"],
        "featureprep infer my": ["my data.csv"],
        "featureprep infer --on-error ": ["drop", "fail", "quarantine"],
    }
    asked = "; ".join(f"complete -C '{line}'; echo ==" for line in typed)
    env = {**env, "XDG_CONFIG_HOME": str(folder.parent.parent), "XDG_DATA_HOME": str(store.parent / "fish")}
    made = subprocess.run(["fish", "-c", asked], cwd=store.parent, env=env, capture_output=True, text=True, check=False)
    found = [[line.partition("\t")[0] for line in part.split("\n") if line] for part in made.stdout.split("==\n")[:-1]]
    assert (made.returncode, found) == (0, list(typed.values())), made.stderr


@needs("zsh")
def test_in_zsh(store: Path, env: dict[str, str]) -> None:
    """The tab key in a zsh that has nothing set up but the line that the help gives."""
    typed = {
        "featureprep stats people@l": "featureprep stats people@latest ",
        "featureprep stats p": "featureprep stats pe",
        "featureprep rep": "featureprep report ",
        "featureprep infer my": "featureprep infer my\\ data.csv ",
        "featureprep run --sto": "featureprep run --store ",
    }
    (store.parent / ".zshrc").write_text(
        'PROMPT=; unset zle_bracketed_paste; eval "$(featureprep completion zsh)"\n'
        'show() { print -r -- "<<$BUFFER>>"; BUFFER=; }; zle -N show; bindkey "^X" show; print rea""dy\n',
        encoding="utf-8",
    )
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(store.parent)
        os.execvpe("zsh", ["zsh", "-d", "-i"], {**env, "ZDOTDIR": str(store.parent)})
    try:
        said = read_until(terminal, "ready")
        found = []
        for line in typed:
            os.write(terminal, f"{line}\t\x18".encode())
            said = read_until(terminal, ">>")
            found.append(said[said.rindex("<<") + 2 : said.rindex(">>")])
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    assert found == list(typed.values())


def read_until(terminal: int, mark: str) -> str:
    """What a terminal shows up to some text; generous, for a busy machine."""
    said, end = "", time.monotonic() + 120
    while mark not in said:
        assert time.monotonic() < end, said
        if select.select([terminal], [], [], 1)[0]:
            said += os.read(terminal, 1 << 16).decode("utf-8", "replace")
    return said
