"""Hints for what the world refuses: resuming is said of runs alone."""

from __future__ import annotations

import errno
import os

import pytest

from featureprep.cures import cure, then_resume


@pytest.mark.parametrize(
    "number, said",
    [(errno.ENOSPC, "make room"), (errno.EFBIG, "ulimit -f"), (errno.EACCES, "rights"), (errno.ENOTDIR, "a file, not a folder"), (errno.EROFS, "read-only")],
)  # fmt: skip
def test_cures(number: int, said: str) -> None:
    hint = cure(OSError(number, os.strerror(number)))
    assert hint is not None
    assert said in hint
    assert "resume" not in hint
    assert then_resume(hint, "r1") == f"{hint}; then featureprep resume r1"


def test_what_is_no_cure_is_not_resumed() -> None:
    assert cure(ValueError("odd")) is None
    assert then_resume(None, "r1") is None
    assert then_resume("start a new run", "r1") == "start a new run"
