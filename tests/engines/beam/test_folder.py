"""Results on their way from workers to the driver."""

from __future__ import annotations

from pathlib import Path

import pytest

from featureprep.engines.beam.folder import FAILED, FIRST, MADE, Folder
from featureprep.engines.beam.plan import Batches
from featureprep.engines.beam.progress import Steps
from featureprep.engines.beam.runs import whole
from featureprep.engines.beam.work import leave
from featureprep.errors import DataError, WorldError


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(str(tmp_path / "[odd] name*"))


def test_values_come_back_in_order_of_place(folder: Folder) -> None:
    for place in ((0, 10), (1, 0), (0, 2)):
        folder.put(MADE, place, f"of {place}")
    assert list(folder.found(MADE)) == [(0, 2), (0, 10), (1, 0)]
    assert whole(folder, MADE, 3) == ["of (0, 2)", "of (0, 10)", "of (1, 0)"]
    folder.remove()
    folder.remove()
    assert folder.found(MADE) == {}


def test_a_file_cut_short_counts_as_absent(folder: Folder) -> None:
    folder.put(MADE, (0, 0), [1, 2, 3])
    (path,) = folder.found(MADE)[0, 0]
    data = Path(path).read_bytes()
    for cut in range(len(data)):
        Path(path).write_bytes(data[:cut])
        with pytest.raises(LookupError):
            folder.get([path])
    folder.put(MADE, (0, 0), [1, 2, 3])  # another attempt
    assert whole(folder, MADE, 1) == [[1, 2, 3]]


def test_missing_results_are_no_results(folder: Folder) -> None:
    folder.put(MADE, (0, 1))
    with pytest.raises(WorldError, match=r"1 of 2 results are missing(.|\n)*temp_location"):
        whole(folder, MADE, 2)


def test_only_what_comes_before_an_error_is_worked_on(folder: Folder) -> None:
    assert not folder.failed_before((0, 5))
    folder.put(FAILED, (0, 3), DataError("no"))
    assert [folder.failed_before(place) for place in ((0, 0), (0, 3), (0, 4), (1, 0))] == [False, False, True, True]
    folder.put(FAILED, FIRST)
    assert folder.failed_before((0, 0))


def test_errors_are_left_for_the_driver(folder: Folder) -> None:
    for place, error in enumerate([MemoryError(), DataError("what", where="where", hint="hint"), KeyError("a")]):
        leave(folder, (0, place), error)
    memory, mine, own = [folder.get(files).error() for files in folder.found(FAILED).values()]
    assert isinstance(memory, WorldError)
    assert (type(mine), str(mine)) == (DataError, "where: what\nHint: hint")
    assert (type(own), own.args) == (KeyError, ("a",))


def test_progress_goes_from_pass_to_pass(folder: Folder) -> None:
    said: list[tuple[str, int, int]] = []
    sent = Batches([b"", b""], label="unused")
    steps = Steps(Batches(sent=sent, buckets=3, label="send"), "meet", MADE, lambda *args: said.append(args))
    steps.look(folder)
    assert said == [("send", 0, 2)]
    folder.put("sent", (0, 1))
    folder.put("sent", (0, 1))  # an attempt more
    steps.look(folder)
    folder.put("sent", (0, 0))
    folder.put(MADE, (1, 2))
    steps.look(folder)
    assert said == [("send", 0, 2), ("send", 1, 2), ("send", 2, 2), ("meet", 0, 3), ("meet", 1, 3)]
