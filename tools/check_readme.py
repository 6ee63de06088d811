"""The tutorials of README.md and docs/ci.md, done as they stand: every command is run, and what it prints is compared.

    python tools/check_readme.py [--write]

Console blocks hold commands (`$ ...`) with their output, Python blocks hold a session (`>>> ...`) or lines of a file that exists by then
(`# job.py` first). All of a document run one after the other in one new folder, shown as /home/you. Run ids, fingerprints, seconds and dates of runs differ from
run to run and are not compared. Prints what differs and exits 1; with --write, puts what was printed into the documents instead.
"""

from __future__ import annotations

import contextlib
import difflib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "docs/ci.md")
HOME = "/home/you"
_BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_END = "@@end of command@@"
_VARYING = (
    (re.compile(r"r[0-9]{8}t[0-9]{9}-[0-9a-f]{10}"), "r20240601t120000000-0123456789"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "0123456789abcdef" * 2),
    (re.compile(r"in [0-9.]+( ?)s\b"), r"in 0.5\1s"),
)


def stable(text: str, folder: str) -> str:
    """A printed text without what differs from run to run."""
    text = text.replace(folder, HOME)
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


class Reader:
    """Someone who does what a document says, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.cwd = self.folder
        bin_folder = self.folder / ".bin"
        bin_folder.mkdir()
        for name, module in (("featureprep", "featureprep"), ("pytest", "pytest")):
            program = bin_folder / name
            program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {module} "$@"\n', encoding="utf-8")
            program.chmod(0o755)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FEATUREPREP_", "PYTEST_", "COLUMNS", "GITHUB_", "CI_"))
        }
        path = os.pathsep.join((str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])))
        self.env = {**kept, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": path, "TZ": "UTC"}

    def console(self, block: str) -> str:
        """The block with what its commands print now; a command that ends with `# exit 1` must, others must succeed."""
        made = []
        for line in block.splitlines():
            if line.startswith("$ "):
                made += [line, *self._run(line[2:])]
        return "\n".join(made) + "\n"

    def _run(self, command: str) -> list[str]:
        script = f"cd {shlex.quote(str(self.cwd))} && {{ {command}\n}}; code=$?; echo; echo {_END}; pwd; exit $code"
        shell = ["bash", "-o", "pipefail", "-c", script]
        # one stream: what a terminal shows
        done = subprocess.run(shell, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)
        printed, _, after = done.stdout.rpartition(f"\n{_END}\n")
        expected = int(command.rpartition("# exit ")[2]) if "# exit " in command else 0
        if done.returncode != expected:
            raise AssertionError(f"{command}\nexit {done.returncode}, not {expected}\n{printed}")
        self.cwd = Path(after.strip())
        return stable(printed, str(self.folder)).rstrip("\n").splitlines()

    def python(self, block: str) -> str:
        """The block with what its session prints now; a part of a file must stand there."""
        if not block.startswith(">>> "):
            name, _, text = block.partition("\n")
            file = (self.cwd / name.removeprefix("# ")).read_text(encoding="utf-8")
            if text.strip("\n") not in file:
                raise AssertionError(f"{name.removeprefix('# ')} has not these lines, but:\n{file}")
            return block
        made: list[str] = []
        names: dict[str, object] = {}
        with contextlib.chdir(self.cwd):
            for example in doctest.DocTestParser().get_examples(block):
                lines = example.source.rstrip("\n").splitlines()
                made += [f">>> {lines[0]}", *(f"... {line}" for line in lines[1:])]
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    exec(compile(example.source, "README.md", "single"), names)  # noqa: S102  (the document is ours)
                made += stable(out.getvalue(), str(self.folder)).splitlines()
        return "\n".join(made) + "\n"


def done(text: str, folder: Path) -> str:
    """The document with what its blocks print now."""
    reader = Reader(folder)

    def replaced(match: re.Match[str]) -> str:
        kind, block = match.groups()
        return f"```{kind}\n{reader.console(block) if kind == 'console' else reader.python(block)}```"

    return _BLOCK.sub(replaced, text)


def differences(text: str, folder: Path, name: str = "README.md") -> Iterator[str]:
    """What the document says and what is, line by line; nothing where they agree."""
    return difflib.unified_diff(text.splitlines(), done(text, folder).splitlines(), name, "as it is", lineterm="", n=1)


def main(argv: list[str]) -> int:
    found: list[str] = []
    for name in DOCUMENTS:
        document = ROOT / name
        text = document.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            if argv == ["--write"]:
                document.write_text(done(text, Path(folder)), encoding="utf-8")
            else:
                found += differences(text, Path(folder), name)
    if argv != ["--write"]:
        print("\n".join(found) or f"{' and '.join(DOCUMENTS)}: true")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
