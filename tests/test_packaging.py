"""The three links, what the built wheel holds, and what importing it costs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
LINKED = ("transforms", "validators", "jobs")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# not before they are used: engines and what only some jobs need
HEAVY = ("apache_beam", "dask", "distributed", "duckdb", "pandas", "polars", "pyarrow.dataset", "pyspark", "s3fs", "scipy", "sklearn")


def run(folder: Path, *command: str, path: Path | None = None) -> str:
    """The output of a command run in `folder`, seeing `path` but not this checkout."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | ({"PYTHONPATH": str(path)} if path else {})
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree so that the build leaves nothing in it."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for name in ("featureprep", *LINKED):
        shutil.copytree(ROOT / name, tree / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    run(tree, sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tree / "dist"), str(tree))
    (built,) = (tree / "dist").iterdir()
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's contents and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize("name", LINKED)
def test_the_links_are_relative_and_resolve(name: str) -> None:
    link = ROOT / "featureprep" / name
    assert link.is_symlink()
    assert link.readlink() == Path("..", name)
    assert link.resolve() == (ROOT / name).resolve()
    assert (link / "__init__.py").is_file()


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    here = {
        Path(folder, file).relative_to(ROOT).as_posix()
        for folder, folders, files in os.walk(ROOT / "featureprep", followlinks=True)
        if Path(folder).name != "__pycache__"
        for file in files
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == here
    assert {f"featureprep/{name}/__init__.py" for name in LINKED} | {"featureprep/py.typed"} <= packed


def test_the_full_names_work_outside_the_root_and_the_bare_ones_do_not(installed: Path, tmp_path: Path) -> None:
    code = "import json, importlib.util as u, featureprep; print(json.dumps([featureprep.__file__, {n: u.find_spec(n) is not None for n in %r}]))"
    names = [*LINKED, *(f"featureprep.{name}" for name in LINKED)]
    file, found = json.loads(run(tmp_path, sys.executable, "-c", code % (names,), path=installed))
    assert Path(file) == installed / "featureprep/__init__.py"
    assert found == {name: name.startswith("featureprep.") for name in names}


@pytest.mark.parametrize("module", ["featureprep", "featureprep.serving"])
def test_an_import_loads_no_engine_and_nothing_heavy(module: str, installed: Path, tmp_path: Path) -> None:
    loaded = json.loads(
        run(tmp_path, sys.executable, "-c", f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))", path=installed)
    )
    assert module in loaded
    unwanted = (*HEAVY, "featureprep.engines.", "featureprep.jobs", "featureprep.validators")
    assert [name for name in loaded if name.startswith(unwanted)] == []


def test_the_version_is_one(installed: Path, tmp_path: Path) -> None:
    code = "import featureprep, importlib.metadata as m; print(featureprep.__version__, m.version('featureprep'))"
    assert run(tmp_path, sys.executable, "-c", code, path=installed).split() == [PROJECT["version"]] * 2


def targets() -> dict[str, str]:
    """Entry points by `group:name`, as pyproject.toml states them."""
    groups: dict[str, dict[str, str]] = {"scripts": PROJECT["scripts"], **PROJECT.get("entry-points", {})}
    return {f"{group}:{name}": target for group, entries in groups.items() for name, target in entries.items()}


def test_every_entry_point_leads_somewhere(installed: Path, tmp_path: Path) -> None:
    code = """if True:
        import importlib.metadata as m, json
        entries = [e for e in m.distribution("featureprep").entry_points]
        print(json.dumps({f"{e.group}:{e.name}".replace("console_scripts", "scripts"): [e.value, str(e.load())] for e in entries}))
    """
    loaded: dict[str, Any] = json.loads(run(tmp_path, sys.executable, "-c", code, path=installed))
    assert {name: value for name, (value, _) in loaded.items()} == targets()


def test_every_transform_has_an_entry_point() -> None:
    modules = {
        f"featureprep.transforms.{file.parent.name}.{file.stem}"
        for file in (ROOT / "transforms").glob("*/*.py")
        if not file.name.startswith("_")
    }
    named = {target.split(":")[0] for name, target in targets().items() if name.startswith("featureprep.transforms:")}
    assert modules - named == set()
