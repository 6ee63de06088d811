"""What the garbage collector looks at while rows are in work: what was made since, not all that was imported before."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def only_new_garbage() -> Iterator[None]:
    """Have collections within pass over what is there now, which takes them most of their time.

    Garbage among it is collected afterwards. Where this process has set objects aside itself (`gc.freeze`) all stays as it is.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
