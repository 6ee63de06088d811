"""What jobs must give on an engine: the same as in this process, whatever the partitions. Inputs are always several files, in no order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from featureprep.engines.base import Engine
from featureprep.testing import jobs, rows
from featureprep.testing.compare import outcome, record
from featureprep.testing.host import EngineHost

if TYPE_CHECKING:
    from featureprep.jobs.definition import Job

_expected: dict[str, dict[str, Any]] = {}
_folders: list[Path] = []


def expected(name: str, job: Job, store: Path, **options: Any) -> dict[str, Any]:
    """What the job gives in this process; computed once a session for each name."""
    if name not in _expected:
        _expected[name] = outcome(job, "pandas", str(store), **options)
    return _expected[name]


def lacks(feature: str, engine: Engine, request: pytest.FixtureRequest) -> None:
    """Expect the test to fail where the engine says that it lacks this: a gap that has closed is a failure too."""
    if feature in engine.gaps:
        request.applymarker(pytest.mark.xfail(reason=engine.gaps[feature], strict=True))


class EngineJobs:
    """Inherit it, with fixtures `engine` and `host`."""

    @pytest.fixture
    def data(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A folder with the files of all jobs: one a session, for messages name it."""
        if not _folders:
            _folders.append(rows.write_trips(rows.write_people(tmp_path_factory.mktemp("engines"))))
        return _folders[0]

    @pytest.fixture
    def many_buckets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Exchanges of small tables go to several buckets."""
        monkeypatch.setattr("featureprep.jobs.prepare.FINAL_EXCHANGE_BYTES", 20_000)

    @pytest.mark.parametrize("partitions", [1, 7, 64])
    @pytest.mark.parametrize("job", [jobs.census, jobs.taxi], ids=lambda job: job.__name__)
    def test_the_partitions_change_nothing(
        self, job: Callable[[Path], Job], partitions: int, engine: Engine, data: Path, tmp_path: Path, many_buckets: None
    ) -> None:
        made = job(data)
        found = outcome(made, engine, str(tmp_path / "store"), partitions=partitions)
        assert "dataset" in found, found
        assert found == expected(made.name, made, tmp_path / "own")

    @pytest.mark.parametrize("partitions", [None, 7])
    @pytest.mark.parametrize("job", [jobs.meeting, jobs.ordered], ids=lambda job: job.__name__)
    def test_rows_that_meet(
        self, job: Callable[[Path], Job], partitions: int | None, engine: Engine, data: Path, tmp_path: Path, many_buckets: None
    ) -> None:
        made = job(data)
        found = outcome(made, engine, str(tmp_path / "store"), partitions=partitions)
        assert "dataset" in found, found
        assert found == expected(made.name, made, tmp_path / "own")

    def test_rows_along_an_order(self, engine: Engine, data: Path, tmp_path: Path, many_buckets: None) -> None:
        made = jobs.in_order(data)
        found = outcome(made, engine, str(tmp_path / "store"), partitions=7)
        assert "dataset" in found, found
        assert found == expected(made.name, made, tmp_path / "own")

    def test_a_second_run_knows_what_the_first_one_read(self, engine: Engine, data: Path, tmp_path: Path) -> None:
        from featureprep.jobs.driver import run

        made, store = jobs.taxi(data), str(tmp_path / "store")
        first, second = (run(made, engine=engine, store=store, progress=False) for _ in range(2))
        assert record(first) == record(second)
        assert second.fragments_read == 0
        assert second.fragments_known == first.fragments_read + first.fragments_known  # an attempt may know what another has read

    @pytest.mark.parametrize("fitted_here", [True, False], ids=["fitted here", "applied here"])
    def test_a_graph_fitted_elsewhere(
        self, fitted_here: bool, engine: Engine, data: Path, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        from featureprep.jobs.apply import apply
        from featureprep.jobs.driver import run

        lacks("apply", engine, request)
        made, store = jobs.census(data), str(tmp_path / "store")
        run(made, engine=engine if fitted_here else "pandas", store=store, progress=False)
        found = apply(made, "census@1", engine="pandas" if fitted_here else engine, store=store, progress=False)
        first = expected(made.name, made, tmp_path / "own")
        assert (found.dataset.fingerprint, found.graph.fingerprint) == (first["dataset"], first["graph"])

    @pytest.mark.parametrize("kind", ["arrow", "pandas"])
    def test_tables_of_this_process(
        self, kind: str, engine: Engine, data: Path, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import featureprep as fp

        lacks("tables in memory", engine, request)
        monkeypatch.setattr("featureprep.run.shipping.BIG", 2000)  # what is larger goes through the staging area
        tables = {"trips": rows.trips(), "zones": rows.zones()}
        if kind == "arrow":
            sources = {name: fp.from_arrow(table) for name, table in tables.items()}
        else:
            sources = {name: fp.from_pandas(table.to_pandas()) for name, table in tables.items()}
        made = jobs.meeting(data, sources, split=fp.split(train=0.5, test=0.5))
        found = outcome(made, engine, str(tmp_path / "store"), partitions=5)
        assert "dataset" in found, found
        assert found == expected(f"{made.name} {kind}", made, tmp_path / "own")

    @pytest.mark.parametrize("name", ["own", "whole"])
    def test_functions_of_a_job_file(self, name: str, engine: Engine, data: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
        lacks("user functions", engine, request)
        made = jobs.from_file(data, name)
        found = outcome(made, engine, str(tmp_path / "store"), partitions=6)
        assert "dataset" in found, found
        assert found == expected(f"file {name}", made, tmp_path / "own")

    def test_a_function_that_raises_names_file_and_row(
        self, engine: Engine, data: Path, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        lacks("user functions", engine, request)
        fares = sorted({fare for fare in rows.trips().column("fare").to_pylist() if fare is not None})
        made = jobs.from_file(data, "own", bad=fares[5])
        found = outcome(made, engine, str(tmp_path / "store"))
        assert found["error"] == "UdfError"
        assert "raised OwnError: not this one" in found["what"]
        assert ".parquet row " in found["what"]
        assert found == expected("file raising", made, tmp_path / "own")

    def test_a_malformed_cell_names_file_and_line(self, engine: Engine, data: Path, tmp_path: Path) -> None:
        made = jobs.strict(data)
        found = outcome(made, engine, str(tmp_path / "store"), partitions=9)
        assert found["error"] == "RowRejected"
        assert ".csv:" in found["what"] + str(found["where"])
        assert found == expected("malformed", made, tmp_path / "own")

    def test_a_contract_that_fails_leaves_no_version(self, engine: Engine, data: Path, tmp_path: Path) -> None:
        from featureprep.store import log
        from featureprep.store.objects import ObjectStore

        (data / "young.yaml").write_text(rows.CONTRACT.replace("max: 120}, action: quarantine", "max: 50}"), encoding="utf-8")
        made = jobs.census(data, contract=str(data / "young.yaml"))
        found = outcome(made, engine, str(tmp_path / "store"))
        assert found["error"] == "ContractError"
        assert found == expected("contract", made, tmp_path / "own")
        assert not log.datasets(ObjectStore.open(str(tmp_path / "store")))

    @pytest.mark.parametrize("ends_here", [True, False], ids=["resumed here", "begun here"])
    def test_a_run_that_was_stopped_is_resumed(
        self, ends_here: bool, engine: Engine, data: Path, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        from featureprep.jobs.driver import run
        from featureprep.jobs.resume import resume
        from featureprep.store.objects import ObjectStore
        from featureprep.store.staging import staged_runs

        lacks("resume", engine, request)
        made, store = jobs.census(data), str(tmp_path / "store")

        def stop(label: str, done: int, total: int) -> None:
            if label == "write" and done:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(made, engine="pandas" if ends_here else engine, store=store, progress=stop, partitions=6)
        (waiting,) = staged_runs(ObjectStore.open(store))
        found = resume(store, waiting, made, engine=engine if ends_here else "pandas", progress=False)
        assert record(found) == expected(made.name, made, tmp_path / "own")

    def test_a_worker_that_is_killed_changes_nothing(
        self, engine: Engine, host: EngineHost, data: Path, tmp_path: Path, request: pytest.FixtureRequest, many_buckets: None
    ) -> None:
        from featureprep.jobs.driver import run

        if "killed worker" in engine.gaps:
            pytest.skip(engine.gaps["killed worker"])
        made = jobs.meeting(data)
        killed: list[str] = []

        def kill(label: str, done: int, total: int) -> None:
            if done and label not in killed and len(killed) < 2 and (label == "write") == bool(killed):
                killed.append(label)
                host.kill_a_worker()

        found = run(made, engine=engine, store=str(tmp_path / "store"), progress=kill, partitions=12)
        assert killed
        assert record(found) == expected(made.name, made, tmp_path / "own")
