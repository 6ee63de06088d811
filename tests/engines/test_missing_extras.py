"""What is said where an engine's packages are not installed: a process that has the core alone."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


@pytest.mark.parametrize("name", ["beam", "dask", "spark"])
def test_a_table_of_an_engine_that_is_not_installed_names_its_extra(name: str) -> None:
    code = f"""
        import sys
        sys.modules.update(dict.fromkeys(["apache_beam", "cloudpickle", "dask", "distributed", "pandas", "pyspark"]))
        import featureprep as fp
        try:
            fp.from_{name}(1)
        except fp.FeatureprepError as error:
            print(type(error).__name__, error.hint)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout == f"MissingExtraError pip install 'featureprep[{name}]'\n", done.stderr
