"""No row is folded twice: statistics over every row are put together of the rows of the fit and the others, to the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.run import scan


def _file(path: Path) -> None:
    rng = np.random.default_rng(3)
    lines = ["a,b,c"]
    for i in range(4000):
        number = rng.choice(["", "nan", "oops", repr(float(rng.normal()))], p=[0.05, 0.02, 0.03, 0.9])
        lines.append(f"{number},{rng.choice(['x', 'y', ''])},{i % 11}")
    path.write_text("\n".join(lines) + "\n")


def _job(path: Path, *, fits: bool, split: Any, rules: bool, malformed: str) -> Any:
    schema = {"a": "float64", "b": "string", "c": "int64"}

    @fp.job(sources={"s": fp.read_csv(str(path), schema=schema)}, split=split, malformed=malformed)
    def job(s: fp.Table) -> fp.Table:
        if rules:
            s = s.filter(col("c") < 9, name="few").drop_nulls("b")
        if not fits:
            return s.features(keep=["c"])
        return s.features(
            a=T.standard_scale(T.impute("a", "median")), q=T.bucketize("a", 4), b=T.vocabulary("b"), c2=T.min_max_scale("c"), keep=["c"]
        )

    return job


@pytest.mark.parametrize("split", [None, "row"])
@pytest.mark.parametrize("rules", [False, True])
@pytest.mark.parametrize("malformed", ["null", "quarantine"])
def test_statistics_beside_a_fit_are_those_without_one(
    tmp_path: Path, split: str | None, rules: bool, malformed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _file(tmp_path / "x.csv")
    partitions = 5 if rules else 1
    parts = fp.split(train=0.7, eval=0.3, by="row") if split else None
    alone = _job(tmp_path / "x.csv", fits=False, split=parts, rules=rules, malformed=malformed)
    beside = _job(tmp_path / "x.csv", fits=True, split=parts, rules=rules, malformed=malformed)
    shared: list[int] = []
    genuine = scan.ScanSpec.halved

    def noted(spec: scan.ScanSpec) -> Any:
        found = genuine(spec)
        shared.append(len(found[1]))
        return found

    monkeypatch.setattr(scan.ScanSpec, "halved", noted)
    wanted = alone.run(store=str(tmp_path / "alone"), partitions=partitions)
    assert shared == [0]
    run = beside.run(store=str(tmp_path / "store"), partitions=partitions)
    assert shared[1] >= 3
    assert run.report.statistics["sources"] == wanted.report.statistics["sources"]
    # again, from states that were kept
    again = beside.run(store=str(tmp_path / "store"), partitions=partitions)
    assert again.report.statistics == run.report.statistics
    assert again.graph.fingerprint == run.graph.fingerprint
    # and the fit is the one without statistics
    bare = beside.run(store=str(tmp_path / "bare"), partitions=partitions, statistics=False)
    assert bare.graph.fingerprint == run.graph.fingerprint
    assert bare.dataset.fingerprint == run.dataset.fingerprint
