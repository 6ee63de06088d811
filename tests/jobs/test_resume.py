"""A run that was cut off goes on with what it was given, and with nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import RequestError
from featureprep.jobs.definition import Job
from featureprep.jobs.resume import resume
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import staged_runs
from tests.jobs.cases import make_job, memory_store, prints


def job_over(path: Path, **options: Any) -> Job:
    return make_job(lambda main: main.features(a=T.standard_scale("a")), fp.read_csv(str(path), separator=";"), **options)


def cut_off(job: Job, store: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> str:
    """Run a job up to its commit; the id of the run."""

    def dies(*args: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("featureprep.jobs.driver.publish", dies)
        with pytest.raises(KeyboardInterrupt):
            job.run(store=store, **options)
    (run_id,) = staged_runs(ObjectStore.open(store))
    return run_id


def test_a_table_in_python_is_given_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    job, table = job_over(tmp_path / "a.csv"), fp.from_arrow(pa.table({"a": [1, 2, 3, 4]}))
    expected = prints(job.run(store=memory_store(), sources={"main": table}))
    store = str(tmp_path / "store")
    run_id = cut_off(job, store, monkeypatch, sources={"main": table})
    with pytest.raises(RequestError, match="main.*\n.*give them again"):
        resume(store, run_id, job)
    with pytest.raises(RequestError, match="changed"):
        resume(store, run_id, job, sources={"main": fp.from_arrow(pa.table({"a": [1, 2, 3, 5]}))})
    assert prints(resume(store, run_id, job, sources={"main": table})) == expected


@pytest.mark.parametrize("given", ["b.csv", Path("b.csv"), ["a.csv", "b.csv"]])
def test_relative_paths_mean_the_same_in_another_folder(given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    (tmp_path / "b.csv").write_text("a;b\n1;2\n8;3\n")
    (tmp_path / "elsewhere").mkdir()
    job, store = job_over(tmp_path / "a.csv"), str(tmp_path / "store")
    monkeypatch.chdir(tmp_path)
    expected = prints(job.run(store=memory_store(), sources={"main": given}))
    run_id = cut_off(job, store, monkeypatch, sources={"main": given}, name="other")
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = resume(store, run_id, job)
    assert prints(done) == expected
    assert done.dataset.name == "other"


def test_a_contract_that_was_changed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;2\n8;3\n")
    contract = tmp_path / "contract.yaml"
    contract.write_text("columns:\n  a: {type: int64}\n  b: {type: int64}\n")
    job, store = job_over(tmp_path / "a.csv", contract=str(contract)), str(tmp_path / "store")
    run_id = cut_off(job, store, monkeypatch)
    before = contract.read_text()
    contract.write_text(before.replace("a: {type: int64}", "a: {type: float64}"))
    with pytest.raises(RequestError, match="changed since it began"):
        resume(store, run_id, job)
    contract.write_text(before)
    assert resume(store, run_id, job).dataset.version == 1


def test_other_names_and_environments_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;2\n8;3\n")
    job, store = job_over(tmp_path / "a.csv"), str(tmp_path / "store")
    run_id = cut_off(job, store, monkeypatch)
    for other in ({"name": "other"}, {"partitions": 2}, {"statistics": False}, {"environment": "SERVING"}):
        with pytest.raises(RequestError, match="changed since it began"):
            resume(store, run_id, job, **other)
    assert resume(store, run_id, job).dataset.splits == {"all": 2}


def test_a_run_that_applies_a_graph_is_never_fitted_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;2\n9;3\n")
    (tmp_path / "b.csv").write_text("a;b\n100;2\n700;3\n")
    job, store = job_over(tmp_path / "a.csv"), str(tmp_path / "store")
    fitted = job.run(store=store)
    other = job.run(store=store, sources={"main": str(tmp_path / "b.csv")})
    expected = prints(job.apply(fitted.graph, store=memory_store(), sources={"main": str(tmp_path / "b.csv")}))
    run_id = cut_off(job, store, monkeypatch, graph=fitted.graph, sources={"main": str(tmp_path / "b.csv")}, name="case_applied")
    with pytest.raises(RequestError, match="applies a stored graph, and this is another"):
        resume(store, run_id, job, graph=other.graph)
    with pytest.raises(RequestError, match="this is another"):
        resume(store, run_id, job, graph="case@2")
    assert prints(resume(store, run_id, job)) == expected  # found in the store by its fingerprint


def test_a_graph_of_another_store_is_given_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;2\n9;3\n")
    job, store = job_over(tmp_path / "a.csv", split=fp.split(train=0.5, eval=0.5)), str(tmp_path / "store")
    fitted = job.run(store=str(tmp_path / "elsewhere"))
    expected = prints(job.apply(fitted.graph, store=memory_store(), split=None))
    run_id = cut_off(job, store, monkeypatch, graph=fitted.graph, name="case_applied", split=None)
    with pytest.raises(RequestError, match="no version in this store has it.*\n.*--graph"):
        resume(store, run_id, job)
    folder = str(Path(fitted.report_path).parent / "graph")
    assert prints(resume(store, run_id, job, graph=folder)) == expected  # in one part, as it began


def test_what_changed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a1.csv", "a2.csv", "a3.csv"):
        (tmp_path / name).write_text("a;b\n1;2\n8;3\n")
    contract = tmp_path / "contract.yaml"
    contract.write_text("columns:\n  a: {type: int64}\n  b: {type: int64}\n")
    job, store = job_over(tmp_path / "a*.csv", contract=str(contract)), str(tmp_path / "store")
    run_id = cut_off(job, store, monkeypatch)
    (tmp_path / "a1.csv").write_text("a;b\n1;2\n9;3\n")
    (tmp_path / "a2.csv").unlink()
    (tmp_path / "a4.csv").write_text("a;b\n1;2\n")
    contract.write_text("columns:\n  a: {type: int64}\n  b: {type: int32}\n")
    source = fp.read_csv(str(tmp_path / "a*.csv"), separator=";")
    other = make_job(lambda main: main.filter(col("a") > 0).features(a=T.min_max_scale("a"), c=col("b")), source, contract=str(contract))
    with pytest.raises(RequestError) as caught:
        resume(store, run_id, other, partitions=3)
    text = caught.value.what
    for expected in (
        "the source 'main' has other files: 1 changed (", "a1.csv)", "1 new (", "1 lost (", "new steps: filter a > 0", "changed features: a",
        "new features: c", "the contract changed", "partitions: none when it began, 3 now",
    ):  # fmt: skip
        assert expected in text, expected


def test_a_sample_goes_on_as_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("a;b\n" + "".join(f"{i};2\n" for i in range(100)))
    job, store = job_over(tmp_path / "a.csv"), str(tmp_path / "store")
    run_id = cut_off(job, store, monkeypatch, sample=20)
    done = resume(store, run_id, job)
    assert (done.dataset.name, done.dataset.splits) == ("case_sample", {"all": 20})
    assert done.dataset.sample


def test_a_run_that_has_ended_is_named_by_its_version(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    job, store = job_over(tmp_path / "a.csv"), str(tmp_path / "store")
    done = job.run(store=store)
    with pytest.raises(RequestError, match=f"has ended: it is {done.dataset.name}@1"):
        resume(store, done.run_id, job)
    assert staged_runs(ObjectStore.open(store)) == []
