"""The peer in TensorFlow Transform computes what the job does, where their definitions agree."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.apart import UnavailableError, interpreter_of
from benchmarks.data import BUCKETIZED, NUMERIC, TIMESTAMP, VOCABULARIES, a_row, make
from benchmarks.job import make_job

ROOT = Path(__file__).parents[2]
ROWS = 2_000
DATES = ("month", "weekday", "hour")
BOTH = """
import json, sys
from benchmarks.data import a_row
from benchmarks.task import _peer_tft
peer = _peer_tft()
peer.run(sys.argv[1], sys.argv[2])
call = peer.one_row(sys.argv[2])
print(json.dumps([{k: v.tolist() for k, v in call(row).items()} for row in (a_row(), a_row() | {"n0": None, "small": None})]))
"""

pytestmark = pytest.mark.soak  # TensorFlow takes half a minute to trace a job's graphs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file: rows of several come out of Beam in any order."""
    made = tmp_path_factory.mktemp("rows")
    make(made, ROWS, files=1)
    return made


@pytest.fixture(scope="module")
def ours(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    return make_job(folder).run(store=str(tmp_path_factory.mktemp("store")), statistics=False).dataset.to_arrow()


@pytest.fixture(scope="module")
def peer(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, list[dict[str, Any]]]:
    """The features that TFT wrote, and what its SavedModel makes of two requests."""
    try:
        python = interpreter_of("tft")
    except UnavailableError as error:
        pytest.skip(str(error))
    out = tmp_path_factory.mktemp("tft")
    done = subprocess.run([python, "-c", BOTH, folder, out], check=True, cwd=ROOT, capture_output=True, text=True)
    (written,) = (out / "features").iterdir()
    return pq.read_table(written), json.loads(done.stdout.splitlines()[-1])


def test_it_writes_the_same_features(ours: pa.Table, peer: tuple[pa.Table, Any]) -> None:
    theirs, _ = peer
    assert theirs.num_rows == ours.num_rows == ROWS
    for name in NUMERIC:  # the medians are approximate, and move means and deviations a little
        assert theirs.schema.field(name).type == pa.float32()
        np.testing.assert_allclose(theirs[name].to_numpy(), ours[name].to_numpy(), rtol=0.02, atol=0.02)
    for name in BUCKETIZED:  # so are the edges
        apart = np.abs(theirs[name].to_numpy() - ours[name].to_numpy())
        assert apart.max() <= 1
        assert apart.mean() < 0.15
    for name in VOCABULARIES:
        ids = ours[name].to_pylist()
        often = Counter(one for one in ids if one is not None)
        alone = {one for one, count in often.items() if list(often.values()).count(count) == 1}  # counts alone give these their ids
        assert alone
        for our, their in zip(ids, theirs[name].to_pylist(), strict=True):
            assert (our is None) == (their == -1)
            assert our not in alone or our == their
    assert theirs["kind"].to_pylist() == [list(map(float, one)) for one in ours["kind"].to_pylist()]
    for part, name in enumerate(DATES):
        assert theirs[name].to_pylist() == [parts[part] for parts in ours[TIMESTAMP].to_pylist()]


def test_a_request_is_one_row(folder: Path, peer: tuple[pa.Table, list[dict[str, Any]]], tmp_path: Path) -> None:
    graph = make_job(folder).run(store=str(tmp_path), statistics=False).graph
    for theirs, row in zip(peer[1], (a_row(), a_row() | {"n0": None, "small": None}), strict=True):
        ours = graph(row)
        np.testing.assert_allclose([theirs[name][0] for name in NUMERIC], [ours[name] for name in NUMERIC], rtol=0.05, atol=0.02)
        assert [theirs[name][0] for name in DATES] == list(ours[TIMESTAMP])
        assert (theirs["small"][0] == -1) == (ours["small"] is None)
