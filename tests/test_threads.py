from __future__ import annotations

import threading
import time

import pytest

from featureprep.threads import Beside, each, lent, share


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


def busy(item: int) -> tuple[int, int]:
    time.sleep(0.005)
    return item, threading.get_ident()


def test_what_is_shared_stays_in_the_thread_while_none_is_lent() -> None:
    assert not lent.any
    assert share(busy, range(8)) == [(i, threading.get_ident()) for i in range(8)]


def test_a_lent_thread_helps_and_is_given_back() -> None:
    lent.add(1)
    try:
        found = share(busy, range(40))
        assert lent.any
    finally:
        lent.add(-1)
    assert [item for item, _ in found] == list(range(40))
    assert {thread for _, thread in found} > {threading.get_ident()}
    assert not lent.any


def test_short_work_is_not_shared() -> None:
    lent.add(1)
    try:
        assert set(share(lambda _: threading.get_ident(), range(20))) == {threading.get_ident()}
    finally:
        lent.add(-1)


@pytest.mark.parametrize("free", [0, 1])
def test_the_first_items_error_is_raised_of_shared_work(free: int) -> None:
    def fail(item: int) -> None:
        time.sleep(0.005)
        if item >= 4:
            raise ValueError(item)

    lent.add(free)
    try:
        with pytest.raises(ValueError, match="^4$"):
            share(fail, range(9))
        assert lent.any == bool(free)
    finally:
        lent.add(-free)


def test_without_a_thread_to_start_shared_work_goes_on_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    lent.add(1)
    try:
        assert share(busy, range(8)) == [(i, threading.get_ident()) for i in range(8)]
        assert lent.any
    finally:
        lent.add(-1)
    assert not lent.any


def test_work_beside_ends_before_its_context() -> None:
    order: list[int] = []

    def later(item: int) -> int:
        time.sleep(0.01)
        order.append(item)
        return item

    with Beside() as beside:
        begun = [beside.begin(lambda item=item: later(item)) for item in range(3)]  # type: ignore[misc]
        beside.wait()
        assert [future.result() for future in begun] == order == [0, 1, 2]
        beside.begin(lambda: later(3))
    assert order == [0, 1, 2, 3]
    with Beside() as beside:
        beside.begin(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            beside.wait()
