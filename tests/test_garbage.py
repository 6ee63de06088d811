"""Collections within a run pass over what was there before, and the garbage among it is collected afterwards."""

from __future__ import annotations

import gc
import weakref

import pytest

from featureprep.garbage import only_new_garbage


class Node:
    """One end of a cycle."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _thawed() -> None:
    assert gc.get_freeze_count() == 0


def test_what_was_there_before_is_collected_afterwards() -> None:
    before = weakref.ref(Node())
    with only_new_garbage():
        within = weakref.ref(Node())
        gc.collect()
        assert within() is None
        assert before() is not None
    gc.collect()
    assert before() is None


def test_an_error_leaves_nothing_set_aside() -> None:
    with pytest.raises(KeyError), only_new_garbage():
        raise KeyError
    assert gc.get_freeze_count() == 0


def test_what_the_process_has_set_aside_itself_stays_so() -> None:
    aside = weakref.ref(Node())
    gc.freeze()
    try:
        with only_new_garbage():
            gc.collect()
            assert aside() is not None
        gc.collect()
        assert aside() is not None
    finally:
        gc.unfreeze()
