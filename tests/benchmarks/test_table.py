"""The arithmetic of the speed table."""

from __future__ import annotations

import pytest

from benchmarks.table import HEADER, Comparison, Cost, render, seconds, times

OURS, PEER = ("featureprep", "plain"), ("polars",)


def row(limit: float | None, kind: str = "share") -> Comparison:
    return Comparison("polars", "two million rows", OURS, PEER, limit, kind)  # type: ignore[arg-type]


def test_medians_are_taken_figure_by_figure() -> None:
    assert Cost.median([Cost(1.0, 9.0, 5.0), Cost(3.0, 7.0, 6.0), Cost(2.0, 8.0, 70.0)]) == Cost(2.0, 8.0, 6.0)


@pytest.mark.parametrize(
    ("kind", "ours", "peer", "limit", "ratio", "reached"),
    [
        ("share", Cost(2.0, 1.0, 1.0), Cost(4.0, 1.0, 1.0), 0.5, 0.5, True),  # on the limit is reached
        ("share", Cost(2.1, 1.0, 1.0), Cost(4.0, 1.0, 1.0), 0.5, 0.525, False),
        ("faster", Cost(2.0, 1.0, 1.0), Cost(6.0, 1.0, 1.0), 3.0, 3.0, True),
        ("faster", Cost(6.0, 1.0, 1.0), Cost(2.0, 1.0, 1.0), 3.0, 1 / 3, False),
        ("memory", Cost(9.0, 9.0, 600.0), Cost(1.0, 1.0, 500.0), 1.2, 1.2, True),
        ("memory", Cost(0.1, 0.1, 601.0), Cost(1.0, 1.0, 500.0), 1.2, 1.202, False),
        ("seconds", Cost(4e-6, 4e-6, 1.0), Cost(4e-6, 4e-6, 1.0), 5e-6, 4e-6, True),
        ("seconds", Cost(6e-6, 6e-6, 1.0), Cost(6e-6, 6e-6, 1.0), 5e-6, 6e-6, False),
    ],
)
def test_ratio_and_limit(kind: str, ours: Cost, peer: Cost, limit: float, ratio: float, reached: bool) -> None:
    compared = row(limit, kind)
    assert compared.ratio(ours, peer) == pytest.approx(ratio, rel=1e-15)
    assert compared.reached(compared.ratio(ours, peer)) is reached


def test_a_row_without_a_limit_is_neither_reached_nor_missed() -> None:
    assert row(None).reached(7.0) is None


def test_the_ratio_of_cpu_seconds_goes_the_same_way() -> None:
    ours, peer = Cost(1.0, 2.0, 1.0), Cost(1.0, 8.0, 1.0)
    assert row(1.0).cpu_ratio(ours, peer) == 0.25
    assert row(1.0, "faster").cpu_ratio(ours, peer) == 4.0
    assert row(1.0, "memory").cpu_ratio(ours, peer) is None
    assert row(1.0).cpu_ratio(ours, Cost(1.0, 0.0, 1.0)) is None


def test_what_is_printed() -> None:
    lines = render([row(1.0), row(3.0, "faster")], {OURS: Cost(1.5, 2.5, 600.0), PEER: Cost(3.0, 5.0, 480.4)}).splitlines()
    assert [cell.strip() for cell in lines[0].strip("|").split("|")] == list(HEADER)
    assert len({len(line) for line in lines}) == 1  # padded
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert cells[0] == ["two million rows", "1.50 s", "3.00 s", "0.50x", "0.50x", "<= 1.00x", "yes", "2.50 / 5.00", "600 / 480"]
    assert cells[1][3:7] == ["2.00x", "2.00x", ">= 3.00x", "NO"]


def test_units() -> None:
    assert (seconds(1.5), seconds(0.0123), seconds(3.58e-6)) == ("1.50 s", "12.30 ms", "3.58 us")
    assert (times(0.98), times(12345.6)) == ("0.98x", "12,346x")
