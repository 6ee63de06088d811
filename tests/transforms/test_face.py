"""`featureprep.transforms`: what it exports, that it is lazy, and that its operations are found by name."""

from __future__ import annotations

import doctest
import importlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from featureprep import transforms as T
from featureprep.expr.op import find

ROOT = Path(__file__).parents[2]


def test_all_is_sorted_and_complete() -> None:
    assert sorted(T.__all__) == T.__all__
    files = {path.stem for path in (ROOT / "transforms").glob("*/*.py") if not path.name.startswith("_")}
    assert files == set(T.__all__)
    assert set(T.__all__) <= set(dir(T))
    for name in T.__all__:
        assert getattr(T, name).__name__ == name


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="(?s)has no 'standardscale'.*Did you mean standard_scale"):
        T.standardscale  # noqa: B018


def test_entry_points_name_the_same_modules() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"]["featureprep.transforms"]
    assert list(points) == sorted(points)
    announced = {**T._MODULES, **{op: T._MODULES[name] for op, name in T._FURTHER.items()}}
    assert {name: target.split(":")[0] for name, target in points.items()} == announced
    for name, target in points.items():
        module, attribute = target.split(":")
        made = getattr(importlib.import_module(module), attribute)
        assert getattr(made, "name", attribute) == name


@pytest.mark.parametrize("name", [*T.__all__, *T._FURTHER])
def test_importing_the_package_makes_operations_known(name: str) -> None:
    code = f"""if True:
        import json, sys
        import featureprep.transforms
        before = [m for m in sys.modules if m.startswith("featureprep.transforms.")]
        from featureprep.expr.op import find
        print(json.dumps([before, find({name!r}).name]))
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], name]


@pytest.mark.parametrize("name", T.__all__)
def test_examples_in_docstrings(name: str) -> None:
    module = importlib.import_module(T._MODULES[name])
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


def test_operations_and_functions_say_the_same() -> None:
    for name in T.__all__:
        if name != "log1p":  # an operation of expressions
            assert type(find(name)).__module__ == T._MODULES[name]
