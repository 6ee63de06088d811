"""What is said where an engine's packages are not installed: a process that has the core alone."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


@pytest.mark.parametrize(
    ("use", "extra"), [("from_beam(1)", "beam"), ("beam", "beam"), ("from_dask(1)", "dask"), ("from_spark(1)", "spark")]
)
def test_what_an_engine_that_is_not_installed_has_names_its_extra(use: str, extra: str) -> None:
    code = f"""
        import sys
        sys.modules.update(dict.fromkeys(["apache_beam", "cloudpickle", "dask", "distributed", "pandas", "pyspark"]))
        import featureprep as fp
        try:
            fp.{use}
        except fp.FeatureprepError as error:
            print(type(error).__name__, error.hint)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout == f"MissingExtraError pip install 'featureprep[{extra}]'\n", done.stderr
