"""What Beam's runners need beside Python, fetched into a cache outside the tree.

    python -m tools.beam_runners flink    # the job server for Flink with a Flink in it, from Maven Central, by Maven's client
    python -m tools.beam_runners prism    # Beam's own portable runner, of the version of the Beam that is installed, built by Go

`java -jar` starts the former; it is what Beam's option `flink_job_server_jar` takes, too.

Prints where it is. The cache is $XDG_CACHE_HOME/featureprep, or ~/.cache/featureprep.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

TIMEOUT = 400.0  # seconds
REASONS = ("Could not find", "was not found", "Could not transfer", "Connection refused", "Unknown host")
"""Where what matters begins, in what Maven says."""
PRISM = "github.com/apache/beam/sdks/v2/go/cmd/prism"
FLINK, JAVA_BEAM = "1.19", "2.62.0"
"""Of Flink, and of Beam's Java part: the newest of which Maven Central had every part, as it could be reached where this was built. The
job server speaks with Beam's Python of later versions."""
ARTIFACTS = (f"org.apache.beam:beam-runners-flink-{FLINK}:{JAVA_BEAM}", "org.slf4j:slf4j-jdk14:1.7.30")
"""The runner, and what writes its log to stderr."""
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
PROJECT = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>featureprep</groupId><artifactId>flink</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>{}</dependencies>
</project>
"""
DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
MANIFEST = {
    "Manifest-Version": "1.0",
    "Main-Class": "org.apache.beam.runners.flink.FlinkJobServerDriver",
    "Add-Exports": "java.rmi/sun.rmi.registry",
    "Add-Opens": "java.base/java.lang java.base/java.net java.base/java.nio java.base/java.time java.base/java.util",
}
"""Of the jar that names all others. Java keeps these packages to itself unless it is told, and Flink looks into them."""


class UnavailableError(Exception):
    """It cannot be had here; the message says why."""


def cache(name: str) -> Path:
    """The folder for what has this name and version."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "featureprep" / name


def flink() -> Path:
    """The jar that starts the job server; it and the jars beside it are fetched where they are not there yet.

    Raises
    ------
    UnavailableError
    """
    jar = cache(f"beam-flink-{FLINK}-{JAVA_BEAM}") / "job-server.jar"
    otherwise = f"{ARTIFACTS[0]} cannot be had from Maven Central"
    if not jar.exists():
        jar.parent.mkdir(parents=True, exist_ok=True)
        project = jar.parent / "pom.xml"
        project.write_text(PROJECT.format("".join(DEPENDENCY.format(*artifact.split(":")) for artifact in ARTIFACTS)))
        command = ["mvn", "-B", "-ntp", "-q", "-U", "-Dstyle.color=never", "-f", str(project)]
        goal = [f"{PLUGIN}:copy-dependencies", "-DincludeScope=runtime", "-DoverWriteReleases=true", f"-DoutputDirectory={jar.parent}"]
        _run([*command, *goal], otherwise)
        _launcher(jar)
    if shutil.which("java") is None:
        raise UnavailableError("Flink cannot be started: there is no java here")
    return jar


def _launcher(jar: Path) -> None:
    """Write a jar that names those beside it."""
    said = {**MANIFEST, "Class-Path": " ".join(sorted(other.name for other in jar.parent.glob("*.jar")))}
    lines = [f"{name}: {value}" for name, value in said.items()]
    wrapped = [f" {line[i : i + 70]}"[i == 0 :] for line in lines for i in range(0, len(line), 70)]  # no line may be longer than 72 bytes
    written = jar.with_suffix(".new")
    with zipfile.ZipFile(written, "w") as file:
        file.writestr("META-INF/MANIFEST.MF", "\r\n".join([*wrapped, "", ""]))
    written.replace(jar)


def prism(*, build: bool = True) -> Path:
    """The program, built where it is not there yet.

    Raises
    ------
    UnavailableError
    """
    program = cache(f"beam-{version('apache-beam')}") / "prism"
    if not program.exists():
        if not build:
            raise UnavailableError("Prism is not built: python -m tools.beam_runners prism")
        program.parent.mkdir(parents=True, exist_ok=True)
        module = f"{PRISM}@v{version('apache-beam')}"
        _run(["go", "install", module], f"{module} cannot be built", GOBIN=str(program.parent))
    return program


def _run(command: list[str], otherwise: str, **env: str) -> None:
    if shutil.which(command[0]) is None:
        raise UnavailableError(f"{otherwise}: there is no {command[0]} here")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, env={**os.environ, **env}, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{otherwise}: no answer within {TIMEOUT:.0f} s") from None
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
