"""Without FEATUREPREP_DATA the examples on published data exit 2 and say where it is published."""

from __future__ import annotations

import pytest

from featureprep.cli import cli
from featureprep.errors import RequestError
from featureprep.jobs.loading import load_job
from tests.examples.harness import ROOT

PUBLISHED = {"census": "10.24432/C5XW20", "flights": "tidyverse/nycflights13", "taxi": "tensorflow/tfx"}


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("value", [None, ""])
def test_they_say_where_the_data_is_published(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    if value is None:
        monkeypatch.delenv("FEATUREPREP_DATA", raising=False)
    else:
        monkeypatch.setenv("FEATUREPREP_DATA", value)
    job = str(ROOT / "examples" / name / "job.py")
    with pytest.raises(RequestError, match="FEATUREPREP_DATA is not set") as caught:
        load_job(job)
    assert caught.value.exit_code == 2
    assert cli.main(["run", job, "--store", str(tmp_path)], standalone_mode=False) == 2
    told = capsys.readouterr().err
    assert PUBLISHED[name] in told
    assert "FEATUREPREP_DATA=<folder>" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_folder_without_the_files_is_told(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    monkeypatch.setenv("FEATUREPREP_DATA", str(tmp_path))
    code = cli.main(["run", str(ROOT / "examples" / name / "job.py"), "--store", f"{tmp_path}/store"], standalone_mode=False)
    assert code == 3
    assert str(tmp_path) in capsys.readouterr().err
