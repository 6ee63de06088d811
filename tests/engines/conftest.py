"""The engines under test: `--engines=pandas,dask` picks some; by default all that are installed. Each is started once a session.

An engine is plugged in by one line in HOSTS and its host in `tests/engines/hosts/`.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec

import pytest

from featureprep.engines.base import Engine
from featureprep.testing.host import EngineHost

HOSTS = {
    "beam": ("tests.engines.hosts.beam", "BeamHost", "apache_beam"),
    "dask": ("tests.engines.hosts.dask", "DaskHost", "distributed"),
    "pandas": ("tests.engines.hosts.pandas", "PandasHost", None),
    "shaken": ("tests.engines.hosts.shaken", "ShakenHost", None),
    "spark": ("tests.engines.hosts.spark", "SparkHost", "pyspark"),
}
"""By name: module, class, and the package without which it is left out by default."""


def chosen(config: pytest.Config) -> list[str]:
    """The names of the engines under test.

    Raises
    ------
    pytest.UsageError
        For a name that there is not.
    """
    given = config.getoption("--engines")
    if given is None:
        return [name for name, (_, _, package) in HOSTS.items() if package is None or find_spec(package) is not None]
    names = [name.strip() for name in given.split(",") if name.strip()]
    unknown = sorted(set(names) - set(HOSTS))
    if unknown or not names:
        raise pytest.UsageError(f"--engines: there is no engine {', '.join(unknown) or 'named'}; there are: {', '.join(HOSTS)}")
    return names


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "host" in metafunc.fixturenames:
        metafunc.parametrize("host", chosen(metafunc.config), indirect=True, scope="session")


_started: dict[str, EngineHost] = {}


def started(name: str) -> EngineHost:
    """The host of this name; one a session, stopped at its end."""
    if name not in _started:
        module, attribute, _ = HOSTS[name]
        made: EngineHost = getattr(importlib.import_module(module), attribute)()
        _started[name] = made  # before it starts: what fails halfway is stopped too
        made.engine = made.start()
    return _started[name]


def pytest_sessionfinish() -> None:
    """Stop what was started."""
    while _started:
        _started.popitem()[1].stop()


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest) -> EngineHost:
    """What started the engine."""
    return started(request.param)


@pytest.fixture(scope="session")
def engine(host: EngineHost) -> Engine:
    """A started engine."""
    return host.engine
