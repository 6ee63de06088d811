"""What Beam's runners need beside Python, of the version of the Beam that is installed, fetched into a cache outside the tree.

    python -m tools.beam_runners flink    # the job server for Flink with a Flink in it, from Maven Central, by Maven's client; needs Java
    python -m tools.beam_runners prism    # Beam's own portable runner, built by Go from its module

Prints where it is. The cache is $XDG_CACHE_HOME/featureprep, or ~/.cache/featureprep.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

TIMEOUT = 900.0  # seconds
DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
REASONS = ("Could not find", "was not found", "Could not transfer", "Connection refused", "Unknown host")
"""Where what matters begins, in what Maven says."""
PRISM = "github.com/apache/beam/sdks/v2/go/cmd/prism"


class UnavailableError(Exception):
    """It cannot be had here; the message says why."""


def cache() -> Path:
    """The folder for this version of Beam."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "featureprep" / f"beam-{version('apache-beam')}"


def flink_version() -> str:
    """The newest Flink that this Beam runs on."""
    from apache_beam.options.pipeline_options import FlinkRunnerOptions

    return str(FlinkRunnerOptions.PUBLISHED_FLINK_VERSIONS[-1])


def flink(*, timeout: float = TIMEOUT) -> Path:
    """The jar of the job server, fetched where it is not there yet.

    Raises
    ------
    UnavailableError
    """
    name = f"beam-runners-flink-{flink_version()}-job-server"
    jar = cache() / f"{name}-{version('apache-beam')}.jar"
    if not jar.exists():
        artifact = f"org.apache.beam:{name}:{version('apache-beam')}"
        command = [
            "mvn",
            "-B",
            "-ntp",
            "-q",
            "-U",
            "-Dstyle.color=never",
            f"{DEPENDENCY_PLUGIN}:copy",
            f"-Dartifact={artifact}",
            f"-DoutputDirectory={jar.parent}",
        ]
        _run(command, f"{artifact} cannot be had from Maven Central", timeout)
    if not jar.exists():
        raise UnavailableError(f"Maven fetched {artifact}, but not as {jar}")
    return jar


def prism(*, build: bool = True) -> Path:
    """The program, built where it is not there yet.

    Raises
    ------
    UnavailableError
    """
    program = cache() / "prism"
    if not program.exists():
        if not build:
            raise UnavailableError("Prism is not built: python -m tools.beam_runners prism")
        cache().mkdir(parents=True, exist_ok=True)
        module = f"{PRISM}@v{version('apache-beam')}"
        _run(["go", "install", module], f"{module} cannot be built", TIMEOUT, GOBIN=str(cache()))
    return program


def _run(command: list[str], otherwise: str, timeout: float, **env: str) -> None:
    if shutil.which(command[0]) is None:
        raise UnavailableError(f"{otherwise}: there is no {command[0]} here")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env={**os.environ, **env}, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{otherwise}: no answer within {timeout:.0f} s") from None
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        reason = next((line[line.index(word) :] for line in lines for word in REASONS if word in line), lines[0])
        raise UnavailableError(f"{otherwise}: {reason[:200]}")


def main(argv: list[str]) -> int:
    wanted = argv[0] if argv else ""
    if wanted not in ("flink", "prism"):
        print(__doc__)
        return 2
    try:
        print(flink() if wanted == "flink" else prism())
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
