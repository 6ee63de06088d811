"""The import check passes on this tree and finds each kind of break in trees made for it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.check_imports import CORE, SHOWING, check

ROOT = Path(__file__).parent.parent


def test_the_table_of_the_architecture_is_the_one_checked() -> None:
    rows = re.findall(r"^\| (`featureprep/.*?) \|.*\| (.*?) \|$", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {folder: set(re.findall(r"\w+", may)) for which, may in rows for folder in re.findall(r"`featureprep/(\w+)`", which)}
    assert named == {folder: set(may) for folder, may in CORE.items()}
    assert set(SHOWING) <= named.keys()


def make_tree(root: Path, path: str, source: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)
    for name in ("transforms", "validators", "jobs"):
        (root / name).mkdir(exist_ok=True)
        (root / "featureprep").mkdir(exist_ok=True)
        (root / "featureprep" / name).symlink_to(f"../{name}")
    return root


def test_this_tree_keeps_the_floors() -> None:
    assert check(ROOT) == []


def test_this_tree_is_really_read() -> None:
    assert (ROOT / "featureprep/errors.py").is_file()
    assert (ROOT / "transforms").is_dir()


@pytest.mark.parametrize(
    "path, source, message",
    [
        ("featureprep/plan/a.py", "import featureprep.transforms.numeric", "core must not import featureprep.transforms"),
        ("featureprep/plan/a.py", "from featureprep import transforms", "core must not import featureprep.transforms"),
        ("featureprep/plan/a.py", "def f():\n    from featureprep.validators import x", "core must not import featureprep.validators"),
        ("featureprep/store/__init__.py", "from featureprep.jobs import run", "core must not import featureprep.jobs"),
        ("transforms/numeric/a.py", "from featureprep.validators import x", "transforms must not import featureprep.validators"),
        ("transforms/numeric/a.py", "import featureprep.jobs", "transforms must not import featureprep.jobs"),
        ("validators/a.py", "from featureprep import transforms as T", "validators must not import featureprep.transforms"),
        ("featureprep/__init__.py", "from featureprep import transforms", "must be imported inside a function here"),
        ("featureprep/cli/run.py", "import featureprep.jobs.submit", "must be imported inside a function here"),
        (
            "featureprep/folds/a.py",
            "from featureprep.relational.keys import codes",
            "featureprep/folds must not import featureprep.relational",
        ),
        ("featureprep/folds/a.py", "def f():\n    from featureprep import run", "featureprep/folds must not import featureprep.run"),
        ("featureprep/store/a.py", "from featureprep.report import x", "featureprep/store must not import featureprep.report"),
        ("featureprep/run/a.py", "def f():\n    import featureprep.cli.app", "featureprep/run must not import featureprep.cli"),
        ("featureprep/types.py", "import featureprep.kernels.text", "featureprep/types.py must not import featureprep.kernels"),
        ("featureprep/new/a.py", "import sys", "featureprep/new has no line in CORE"),
        ("jobs/a.py", "import transforms", "import featureprep.transforms, not the bare transforms"),
        ("featureprep/a.py", "from jobs.x import y", "import featureprep.jobs, not the bare jobs"),
        ("featureprep/plan/a.py", "from . import b", "import by the full name"),
        ("featureprep/plan/a.py", "from ..expr import b", "import by the full name"),
        ("featureprep/io/a.py", "import pandas as pd", "pandas must be imported inside the function that needs it"),
        ("featureprep/io/a.py", "try:\n    import polars\nexcept ImportError:\n    polars = None", "polars must be imported inside"),
        ("featureprep/io/a.py", "class A:\n    import duckdb", "duckdb must be imported inside"),
        ("featureprep/io/a.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import duckdb", "duckdb must be imported inside"),
        ("featureprep/engines/pandas.py", "import dask.dataframe", "dask must be imported inside"),
        ("transforms/a.py", "from scipy.sparse import csr_matrix", "scipy must be imported inside"),
    ],
)
def test_a_break_is_found(tmp_path: Path, path: str, source: str, message: str) -> None:
    found = check(make_tree(tmp_path, path, source))
    assert len({line.split(": ", 1)[1] for line in found}) == 1
    assert message in found[0]
    assert found[0].startswith(f"{path}:{1 + source[: source.index('import')].count(chr(10))}:")


@pytest.mark.parametrize(
    "path, source",
    [
        ("featureprep/__init__.py", "def __getattr__(name):\n    from featureprep import transforms\n    return transforms"),
        ("featureprep/cli/run.py", "def run():\n    import featureprep.validators"),
        ("jobs/a.py", "from featureprep import transforms, validators\nimport featureprep.jobs.b"),
        ("transforms/numeric/a.py", "from featureprep.transforms.text import b\nfrom featureprep.folds import c\nimport numpy"),
        ("featureprep/io/a.py", "import pyarrow as pa\ndef f():\n    import pandas\n    import duckdb"),
        ("featureprep/io/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas"),
        ("featureprep/relational/a.py", "from featureprep.folds.codes import codes\nimport featureprep.relational.rows"),
        ("featureprep/store/a.py", "from featureprep import canonical\ndef f():\n    from featureprep.notebook.html import x"),
        ("featureprep/engines/dask.py", "import dask\nfrom distributed import Client"),
    ],
)
def test_what_is_allowed_passes(tmp_path: Path, path: str, source: str) -> None:
    assert check(make_tree(tmp_path, path, source)) == []


def test_the_command_names_file_and_line_and_exits_1(tmp_path: Path) -> None:
    make_tree(tmp_path, "featureprep/a.py", "import sys\nimport pandas\n")
    command = [sys.executable, str(ROOT / "tools/check_imports.py")]
    bad = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (bad.returncode, bad.stdout) == (1, "featureprep/a.py:2: pandas must be imported inside the function that needs it\n")
    good = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (good.returncode, good.stdout) == (0, "import floors: good\n")
