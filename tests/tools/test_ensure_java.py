"""The set-up script for Java: quiet where it is there, never a failure where it cannot be had."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "ensure_java.sh"


def fake(programs: Path, name: str, body: str = "exit 0") -> None:
    (programs / name).write_text(f"#!/bin/sh\n{body}\n")
    (programs / name).chmod(0o755)


def run(programs: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(SCRIPT)], env={"PATH": str(programs)} | env, capture_output=True, text=True, check=True, timeout=60
    )


@pytest.mark.parametrize("by_home", [True, False])
def test_nothing_is_done_where_it_is_there(tmp_path: Path, by_home: bool) -> None:
    programs, home = tmp_path / "programs", tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    programs.mkdir()
    fake(home / "bin" if by_home else programs, "java")
    fake(programs, "apt-get", f"echo called >> {tmp_path}/log")
    result = run(programs, **({"JAVA_HOME": str(home)} if by_home else {}))
    assert (result.stdout, result.stderr) == ("", "")
    assert not (tmp_path / "log").exists()


def test_without_apt_get_it_says_what_to_install(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.stdout == ""
    assert result.stderr == "no Java 17 or later here: the Spark tests are skipped (Debian: apt-get install openjdk-17-jre-headless)\n"


@pytest.mark.parametrize("user", ["0", "1000"])
def test_a_refusal_is_no_failure(tmp_path: Path, user: str) -> None:
    fake(tmp_path, "id", f"echo {user}")
    fake(tmp_path, "apt-get", "exit 100")
    fake(tmp_path, "sudo", "exit 1")
    assert "are skipped" in run(tmp_path).stderr


@pytest.mark.parametrize("version", ["17", "21"])
def test_it_is_installed_where_that_is_allowed(tmp_path: Path, version: str) -> None:
    fake(tmp_path, "id", "echo 0")
    made = f"printf '#!/bin/sh\\n' > {tmp_path}/java; /bin/chmod 755 {tmp_path}/java"
    fake(tmp_path, "apt-get", f'case "$*" in update) ;; *openjdk-{version}*) {made} ;; *) exit 100 ;; esac')
    assert "skipped" not in run(tmp_path).stderr
