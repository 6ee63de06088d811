"""The program itself, as a process: how it ends, what it loads, what it writes where."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# unbuffered streams lose what a pipe does not take at once
_LEFT_OUT = ("FEATUREPREP_STORE", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTHONUNBUFFERED")
HEAVY = ("duckdb", "numpy", "pandas", "pyarrow", "rich", "featureprep.jobs", "featureprep.run", "featureprep.store")


def program(*args: str, cwd: Path, stdin: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "featureprep", *args], cwd=cwd, env=environment(**env), input=stdin, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False
    )  # fmt: skip


def environment(**more: str) -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if k not in _LEFT_OUT}
    return plain | {"PYTHONPATH": str(ROOT)} | more


def test_the_exit_codes_reach_the_shell(project: Path) -> None:
    good = program("run", "job.py", "--json", cwd=project)
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["version"] == 1
    assert program("run", "absent.py", cwd=project).returncode == 2
    (project / "people1.csv").write_text("id,age,city,income\n1,2\n", encoding="utf-8")
    bad = program("run", "job.py", cwd=project)
    assert bad.returncode == 1
    assert "people1.csv:2" in bad.stderr
    assert "Traceback" not in bad.stderr
    assert program("run", "job.py", "--store", "job.py/x", cwd=project).returncode == 3


def test_the_version_and_the_help(project: Path) -> None:
    import featureprep

    assert program("--version", cwd=project).stdout == f"featureprep {featureprep.__version__}\n"
    shown = program("--help", cwd=project)
    assert shown.returncode == 0
    assert "vacuum" in shown.stdout
    alone = program(cwd=project)
    assert alone.returncode == 2
    assert "Usage: featureprep" in alone.stderr


def test_the_help_loads_nothing_heavy(project: Path) -> None:
    code = (
        "import sys; from featureprep.cli import cli\n"
        "code = cli.main(['--help'], standalone_mode=False)\n"
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, env=environment(), capture_output=True, text=True, check=True)
    loaded = done.stderr.split()
    assert "featureprep.cli.verb_run" in loaded
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_no_colour_and_no_bars_where_nobody_looks(project: Path) -> None:
    done = program("run", "job.py", cwd=project)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    for env in ({"NO_COLOR": "1"}, {"COLUMNS": "70"}):
        listed = program("datasets", cwd=project, **env)
        assert "\x1b" not in listed.stdout
        assert max(map(len, listed.stdout.splitlines())) <= int(env.get("COLUMNS", 160))


def test_a_reader_that_leaves_is_no_error(project: Path) -> None:
    (project / "wide.csv").write_text(",".join(f"column_{i}" for i in range(400)) + "\n" + ",".join(["1"] * 400) + "\n", encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "featureprep", "stats", "wide.csv", "--json"], cwd=project, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        errors = process.stderr.read()
    assert errors == b""
    assert process.returncode == 141


def test_an_interrupt_is_one_line_and_130(project: Path) -> None:
    (project / "slow.py").write_text("import time\nprint('now', flush=True)\ntime.sleep(60)\n", encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "featureprep", "run", "slow.py"], cwd=project, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert process.stderr.readline() == "now\n"
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.split() == ["interrupted"]
    assert out == ""


def test_a_row_from_standard_input(project: Path) -> None:
    assert program("run", "job.py", cwd=project).returncode == 0
    done = program(
        "trace", "people@1", "--row-file", "-", "--json", cwd=project, stdin='{"age": 30, "city": "Rome", "income": "low", "id": 3}'
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["absent"] == []


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_text_that_the_terminal_cannot_show_is_escaped(encoding: str, project: Path) -> None:
    (project / "names.csv").write_text("näme\nZoë Ōno\n", encoding="utf-8")
    done = program("stats", "names.csv", cwd=project, PYTHONIOENCODING=f"{encoding}:strict")
    assert done.returncode == 0
    assert done.stderr == ""
    assert ("Zoë Ōno" if encoding == "utf-8" else r"\u014cno") in done.stdout


def test_a_terminal_sees_bars_and_the_result_stays_clean(project: Path) -> None:
    terminal, end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "featureprep", "run", "job.py", "--json"], cwd=project, env=environment(TERM="xterm"), stdout=subprocess.PIPE, stderr=end
    ) as process:  # fmt: skip
        os.close(end)
        seen = b""
        with contextlib.suppress(OSError):  # EIO: the other side is closed
            while data := os.read(terminal, 4096):
                seen += data
        assert process.stdout is not None
        found = json.loads(process.stdout.read())
    os.close(terminal)
    assert process.returncode == 0
    assert found["version"] == 1
    assert b"write" in seen
    assert b"\x1b[" in seen
