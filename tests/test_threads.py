from __future__ import annotations

import threading
import time

import pytest

from featureprep.threads import each


@pytest.mark.parametrize("n", [0, 1, 3, 500])
def test_results_come_in_order(n: int) -> None:
    assert each(lambda x: x * x, range(n)) == [x * x for x in range(n)]


def test_long_pieces_overlap() -> None:
    both = threading.Barrier(2, timeout=20)
    assert len(each(lambda _: both.wait(), range(2))) == 2
    begun: list[int] = []

    def long_at_last(i: int) -> int:
        begun.append(threading.get_ident())
        time.sleep(0.01)
        return i

    assert each(long_at_last, range(80)) == list(range(80))
    assert threading.get_ident() in begun[:1]
    assert len(set(begun)) > 1


def test_many_small_pieces_stay_in_one_thread() -> None:
    assert set(each(lambda _: threading.get_ident(), range(1000))) == {threading.get_ident()}


def test_the_first_error_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        each(lambda x: 1 // x, [1, 0, 2])
