"""An error on its way from a worker to the driver. A user's error class may do anything there: not be pickled, or not come back."""

from __future__ import annotations

import pickle
import traceback
from dataclasses import dataclass
from typing import Self

from featureprep.errors import FeatureprepError, WorldError, said


@dataclass(frozen=True)
class Carried:
    """What was raised, as plain data.

    Attributes
    ----------
    pickled : bytes or None
        The error without what it was raised from; None where it cannot be pickled.
    said : str
        Its class and message, for where it does not come back as it was.
    notes : tuple of str
        Those that it bore. An error that is not featureprep's own has the worker's traceback among them.
    """

    pickled: bytes | None
    said: str
    notes: tuple[str, ...]

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """Of an error that a worker has caught, which is not used there any more: it forgets what it was raised from."""
        import cloudpickle

        borne = getattr(error, "__notes__", None)
        notes = list(borne) if isinstance(borne, list) else []
        if not isinstance(error, FeatureprepError):
            notes.append("".join(traceback.format_exception(error)))
        try:
            # some packages teach pickle to take these along, and they need not be fit to travel where the error itself is
            error.__cause__ = error.__context__ = error.__traceback__ = None
            pickled = cloudpickle.dumps(error)
        except Exception:  # noqa: BLE001  (see the module)
            pickled = None
        return cls(pickled, said(error), tuple(notes))

    def error(self) -> Exception:
        """The error as it was raised, or else a RuntimeError that says what it was."""
        found = None
        if self.pickled is not None:
            try:
                found = pickle.loads(self.pickled)  # noqa: S301  (by this run's own worker)
                if self.notes:
                    found.__notes__ = list(self.notes)
            except Exception:  # noqa: BLE001  (see the module)
                found = None
        if isinstance(found, Exception):
            return found
        told = RuntimeError(self.said)
        told.__notes__ = list(self.notes)
        return told


def out_of_memory(engine: str) -> WorldError:
    """What a worker's MemoryError is told as."""
    hint = "give workers more memory, or cut the input finer with partitions="
    return WorldError("a worker ran out of memory", where=engine, hint=hint)
