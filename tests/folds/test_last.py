"""What was found of an array is found again for that very array, while it lives, and for no other."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.folds.last import Last


def test_the_last_array_is_known_and_no_other() -> None:
    last: Last[str] = Last()
    one, same = pa.array([1, 2]), pa.array([1, 2])
    assert last.of(one) is None
    assert last.keep(one, "one") == "one"
    assert last.of(one) == "one"
    assert last.of(same) is None  # equal, but another
    last.keep(same, "same")
    assert (last.of(one), last.of(same)) == (None, "same")


def test_what_was_found_goes_with_its_array() -> None:
    last: Last[np.ndarray[Any, Any]] = Last()
    array, found = pa.array([1.5]), np.zeros(3)
    gone = weakref.ref(found)
    last.keep(array, found)
    del found
    gc.collect()
    assert gone() is not None
    del array
    gc.collect()
    assert gone() is None


def test_an_array_at_the_place_of_a_dead_one_is_another() -> None:
    last: Last[int] = Last()
    for number in range(200):  # objects are soon made where others were
        array = pa.array([number])
        assert last.of(array) is None
        last.keep(array, number)
        assert last.of(array) == number
        del array


def test_each_thread_knows_its_own() -> None:
    last: Last[str] = Last()
    array = pa.array([1])
    last.keep(array, "here")
    seen: list[str | None] = []
    thread = threading.Thread(target=lambda: seen.append(last.of(array)))
    thread.start()
    thread.join()
    assert seen == [None]
    assert last.of(array) == "here"
