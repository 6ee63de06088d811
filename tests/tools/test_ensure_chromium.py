"""The set-up script for Chromium: quiet where it is there, never a failure where it cannot be had."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "ensure_chromium.sh"


def fake(programs: Path, name: str, body: str = "exit 0") -> None:
    (programs / name).write_text(f"#!/bin/sh\n{body}\n")
    (programs / name).chmod(0o755)


def run(programs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", str(SCRIPT)], env={"PATH": str(programs)}, capture_output=True, text=True, check=True, timeout=60)


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_nothing_is_done_where_it_is_there(tmp_path: Path, name: str) -> None:
    fake(tmp_path, name)
    fake(tmp_path, "chromedriver")
    fake(tmp_path, "apt-get", f"echo called >> {tmp_path}/log")
    result = run(tmp_path)
    assert (result.stdout, result.stderr) == ("", "")
    assert not (tmp_path / "log").exists()


def test_without_apt_get_it_says_what_to_install(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.stdout == ""
    assert result.stderr == (
        "no Chromium with its driver here: the page tests are skipped (Debian: apt-get install chromium chromium-driver)\n"
    )


@pytest.mark.parametrize("user", ["0", "1000"])
def test_a_refusal_is_no_failure(tmp_path: Path, user: str) -> None:
    fake(tmp_path, "id", f"echo {user}")
    fake(tmp_path, "apt-get", "exit 100")
    fake(tmp_path, "sudo", "exit 1")
    assert "are skipped" in run(tmp_path).stderr


def test_it_is_installed_where_that_is_allowed(tmp_path: Path) -> None:
    fake(tmp_path, "id", "echo 0")
    made = "\n".join(
        f"printf '#!/bin/sh\\n' > {tmp_path}/{name}; /bin/chmod 755 {tmp_path}/{name}" for name in ("chromium", "chromedriver")
    )
    fake(tmp_path, "apt-get", f'echo "$@" >> {tmp_path}/log\n{made}')
    assert "skipped" not in run(tmp_path).stderr
    assert (tmp_path / "log").read_text().splitlines() == ["update", "install -y --no-install-recommends chromium chromium-driver"]
