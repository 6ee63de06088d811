"""Errors on their way from a worker to the driver."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from typing import Any

import pytest

from featureprep.engines.carried import Carried
from featureprep.errors import DataError


class LocalError(Exception):
    """One that a driver has no module for, as it were."""

    def __reduce__(self) -> Any:
        return (_only_in, (-os.getpid(),))


def _only_in(pid: int) -> Exception:
    raise ModuleNotFoundError(f"of process {pid}")


class UnwillingError(Exception):
    def __reduce__(self) -> Any:
        raise RuntimeError

    def __str__(self) -> str:
        raise ValueError


class OtherError(Exception):
    """Comes back as something else."""

    def __reduce__(self) -> Any:
        return (str, ("text",))


@dataclass(frozen=True)
class FrozenError(Exception):
    code: int


def crossed(error: Exception) -> Exception:
    try:
        raise error from ValueError("what it came of")
    except Exception as caught:  # noqa: BLE001  (it is looked at)
        found = Carried.of(caught)
    again: Carried = pickle.loads(pickle.dumps(found))
    assert again == found
    return again.error()


def test_an_error_comes_back_as_it_was() -> None:
    mine = DataError("what", where="where", hint="hint")
    found = crossed(mine)
    assert (type(found), str(found), getattr(found, "__notes__", [])) == (DataError, str(mine), [])
    found = crossed(KeyError("a", 2))
    assert (type(found), found.args) == (KeyError, ("a", 2))
    (note,) = found.__notes__
    assert "test_carried.py" in note
    assert "what it came of" in note


def test_notes_that_it_bore_stay() -> None:
    error = ValueError("x")
    error.add_note("mine")
    assert crossed(error).__notes__[0] == "mine"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (LocalError("here"), "LocalError: here"),
        (UnwillingError("here"), "UnwillingError"),
        (OtherError("here"), "OtherError: here"),
        (FrozenError(3), "FrozenError: 3"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_cannot_is_told(error: Exception, told: str) -> None:
    found = crossed(error)
    assert (type(found), str(found)) == (RuntimeError, told)
    assert type(error).__name__ in found.__notes__[0]
