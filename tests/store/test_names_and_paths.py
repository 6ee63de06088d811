"""Names and paths: what is taken, what is refused, and that nothing leaves its folder."""

from __future__ import annotations

import datetime as dt
import posixpath
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError
from featureprep.store import names, paths

GOOD = ["census", "a", "0", "a.b-c_d", "x" * 128, "nul"]
BAD = [
    "",
    "A",
    "_state",
    "_staging",
    "latest",
    ".",
    "..",
    "a/b",
    "a\\b",
    "a b",
    "é",
    "a\n",
    "-a",
    "x" * 129,
    "a\0",
    "a@b",
    "%2e%2e",
    "a" * 10**6,
]


@pytest.mark.parametrize("name", GOOD)
def test_good_names(name: str) -> None:
    assert names.check_dataset_name(name) == name


@pytest.mark.parametrize("name", [*BAD, None, 3, b"a"])
def test_bad_names(name: object) -> None:
    with pytest.raises(ArgumentError) as caught:
        names.check_dataset_name(name)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("tag", ["3", "007", "latest", "Prod", "", "../x", "٣"])
def test_bad_tags(tag: str) -> None:
    with pytest.raises(ArgumentError):
        names.check_tag(tag)


def test_good_tags() -> None:
    assert [names.check_tag(tag) for tag in ("prod", "3a", "2024-01")] == ["prod", "3a", "2024-01"]


@pytest.mark.parametrize("split", ["graph", "quarantine", "..", "Train"])
def test_bad_splits(split: str) -> None:
    with pytest.raises(ArgumentError):
        names.check_split(split)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(ArgumentError, match="'my_census' would do"):
        names.check_dataset_name("My Census")


def test_run_ids_sort_by_time_and_differ() -> None:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=5)))
    made = [names.new_run_id(start + dt.timedelta(milliseconds=i)) for i in range(0, 5000, 7)]
    assert made == sorted(made)
    assert len({names.new_run_id(start) for _ in range(1000)}) == 1000
    assert made[0].startswith("r20251231t190000000-")
    assert [names.check_run_id(run_id) for run_id in made] == made


def test_run_ids_need_a_zone() -> None:
    with pytest.raises(ArgumentError, match="aware"):
        names.new_run_id(dt.datetime(2026, 1, 1))


@pytest.mark.parametrize("run_id", ["", "R1", "1r", "r-", "r/..", "r" * 64, "r.1"])
def test_bad_run_ids(run_id: str) -> None:
    with pytest.raises(ArgumentError):
        names.check_run_id(run_id)


@given(st.text(max_size=40))
def test_whatever_is_taken_stays_inside(text: str) -> None:
    makers: list[Callable[[], str]] = [
        lambda: paths.log_folder(text),
        lambda: paths.run_data("d", text),
        lambda: paths.split_folder("d", "r1", text),
        lambda: paths.tag_folder("d", text),
        lambda: paths.staging_receipt("r1", text),
        lambda: paths.staging_part("r1", text),
        lambda: paths.state(text),
    ]
    for make in makers:
        try:
            path = make()
        except ArgumentError:
            continue
        assert posixpath.normpath(path) == path
        assert not path.startswith(("/", "../"))
        assert "\0" not in path


@given(st.integers(0, 999_999), st.integers(0, 999_999), st.integers(0, 999_999), st.integers(0, 999_999))
def test_part_names_sort_as_numbers(a: int, b: int, c: int, d: int) -> None:
    assert (paths.part_name(a) < paths.part_name(b)) == (a < b)
    assert (paths.part_name(a, b) < paths.part_name(c, d)) == ((a, b) < (c, d))


@pytest.mark.parametrize("partition", [-1, 10**6, True])
def test_part_numbers_have_limits(partition: int) -> None:
    with pytest.raises(ArgumentError):
        paths.part_name(partition)


def test_numbers_read_back() -> None:
    assert paths.log_entry("d", 3) == "d/log/00000000000000000003.json"
    assert paths.parse_number(paths.log_entry("d", 3)) == 3
    assert paths.parse_number(paths.vacuumed("d", 3)) is None
    assert paths.parse_vacuumed(paths.vacuumed("d", 3)) == 3
    for other in ("d/log/3.json", "d/log/" + "0" * 20 + ".json", "d/log/" + "٣" * 20 + ".json", "d/log/README"):
        assert paths.parse_number(other) is None


@pytest.mark.parametrize("n", [0, -1, True, 10**20])
def test_version_numbers_have_limits(n: int) -> None:
    with pytest.raises(ArgumentError):
        paths.log_entry("d", n)
