"""`featureprep stats --tfmd`: TFMD's message, as other tools read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

import featureprep as fp
from featureprep.cli import cli
from featureprep.jobs import tfmd_statistics
from featureprep.validators import tfmd

statistics_pb2 = pytest.importorskip("tensorflow_metadata.proto.v0.statistics_pb2", reason="the extra tfmd is not installed")

ROWS = {"fare": [1.5, None, 3.0, 4.0], "zone": ["a", "b", "a", None], "plate": ["X1", "X2", "X3", "X4"]}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in zip(*ROWS.values(), strict=True)]
    Path("trips.csv").write_text("\n".join([",".join(ROWS), *lines]) + "\n")
    Path("contract.yaml").write_text("columns:\n  fare: float64\n  zone: string\n  plate: {type: string, sensitive: true}\n")
    Path("job.py").write_text(
        "import featureprep as fp\n\n\n"
        '@fp.job(sources={"trips": fp.read_csv("trips.csv")}, contract="contract.yaml")\n'
        "def trips(trips: fp.Table) -> fp.Table:\n    return trips.features(fare=fp.col('fare'))\n"
    )
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["stats", *arguments])


def read(path: str) -> Any:
    found = statistics_pb2.DatasetFeatureStatisticsList()
    found.ParseFromString(Path(path).read_bytes())
    return found


def test_the_message_is_that_of_the_rows_and_of_each_slice() -> None:
    done = call("trips.csv", "--tfmd", "t.pb", "--slice-by", "zone", "--slice-by", "zone, plate")
    assert done.exit_code == 0, done.stderr
    assert read("t.pb") == tfmd.statistics([pa.table(ROWS)], slice_by=[["zone"], ["zone", "plate"]])
    assert len(read("t.pb").datasets) == 1 + 2 + 3
    assert "t.pb: 6 data sets" in done.stderr
    assert call("trips.csv", "--tfmd", "u.pb", "--slice-by", "zone=a", "--slice-by", "plate=X2,zone").exit_code == 0
    by_name = {dataset.name: dataset for dataset in read("t.pb").datasets}
    chosen = {dataset.name: dataset for dataset in read("u.pb").datasets}
    assert list(chosen) == ["All Examples", "plate_X2_zone_b", "zone_a"]
    assert chosen["zone_a"] == by_name["zone_a"]


def test_sensitive_columns_are_left_out() -> None:
    assert call("job.py", "--tfmd", "t.pb").exit_code == 0
    assert [feature.path.step[0] for feature in read("t.pb").datasets[0].features] == ["fare", "zone"]
    refused = call("job.py", "--tfmd", "u.pb", "--slice-by", "plate")
    assert refused.exit_code == 2
    assert "'plate' is sensitive" in refused.stderr
    assert not Path("u.pb").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("trips.csv", "--tfmd", "t.pb", "--max-slices", "1"), "--max-slices goes with --slice-by"),
        (("trips.csv", "--tfmd", "t.pb", "--slice-by", "plate", "--max-slices", "3"), "there are 4 slices; at most 3"),
        (("trips.csv", "--tfmd", "t.pb", "--slice-by", "zone=c"), "no row of trips.csv is in the slice zone=c"),
        (("trips.csv", "--tfmd", "t.pb", "--slice-by", "zoen"), "no column 'zoen'"),
        (("trips@1", "--tfmd", "t.pb"), "made of data, not of what is stored with a version"),
        (("--source", "a=trips.csv", "--source", "b=trips.csv", "--tfmd", "t.pb"), "of one source, not 2: a, b"),
    ],
)
def test_what_cannot_be_is_told(arguments: tuple[str, ...], said: str) -> None:
    done = call(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not Path("t.pb").exists()


def test_rows_that_are_sliced_together(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pa.table({"zone": [f"{i % 7}" for i in range(500)], "fare": [i / 3 for i in range(500)]})
    sources = {"trips": fp.from_arrow(pa.concat_tables([rows.slice(at, 50) for at in range(0, 500, 50)]))}
    seen: list[tuple[str, int, int]] = []
    found = [tfmd_statistics.tfmd_statistics(sources, None, slice_by=["zone"], progress=lambda *told: seen.append(told))]
    monkeypatch.setattr(tfmd_statistics, "_BYTES", 1)
    found.append(tfmd_statistics.tfmd_statistics(sources, None, slice_by=["zone"]))
    assert found[0] == found[1] == tfmd.statistics([rows], slice_by=[["zone"]])
    assert ("putting slices together", 8, 8) in seen
