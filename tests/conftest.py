"""What every test has: UTC, the hypothesis profiles, the real data where it is given, and the marks that go by file name."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("featureprep.testing")
os.environ["TZ"] = "UTC"
os.environ.pop("COLUMNS", None)  # the width of a terminal; processes of xdist are told one
time.tzset()

# deadlines measure the machine, not the code; too_slow likewise
_QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("dev", _QUIET)
settings.register_profile("ci", _QUIET, derandomize=True, database=None)
settings.register_profile("soak", _QUIET, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engines", help="engines under test, such as pandas,dask; by default all that are installed (tests/engines)")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data sets; tests that ask for it are skipped where FEATUREPREP_DATA is not set."""
    given = os.environ.get("FEATUREPREP_DATA")
    if not given:
        pytest.skip("FEATUREPREP_DATA is not set: no real data here")
    folder = Path(given).resolve()
    if not folder.is_dir():
        pytest.fail(f"FEATUREPREP_DATA={given} is not a folder")
    return folder


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Forget the stores in memory after each file: they are one dict, which every listing of every store goes through."""
    if nextitem is None or nextitem.path != item.path:
        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark `pandas3` what meets pandas: tests of serving, and files named for pandas; and what one of several processes runs together."""
    here = Path(__file__).parent
    for item in items:
        path = item.path.relative_to(here)
        if "pandas" in path.stem or "serving" in path.parts:
            item.add_marker("pandas3")
        item.add_marker(pytest.mark.xdist_group(_group(item, path)))


def _group(item: pytest.Item, path: Path) -> str:
    """A file, whose fixtures are made once; or an engine, whose cluster is started once."""
    if "engines" not in path.parts:
        return path.as_posix()
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    named = (parameters.get("host"), *path.parts, path.stem.removeprefix("test_"))
    return next((name for name in ("beam", "dask", "spark") if name in named), path.as_posix())
