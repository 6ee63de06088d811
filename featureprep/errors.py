"""Every error that featureprep raises on purpose.

    FeatureprepError
    ├── RequestError (ValueError)            exit 2: the request is wrong
    │   ├── ColumnNotFoundError (KeyError)
    │   ├── TypeMismatchError (TypeError)
    │   ├── ArgumentError
    │   ├── JobFileError
    │   ├── UdfError
    │   ├── NonDeterministicError
    │   ├── UnknownNameError (AttributeError)
    │   └── MissingExtraError (ImportError)
    ├── DataError (ValueError)               exit 1: the data is wrong
    │   ├── ParseError
    │   ├── ContractError
    │   └── RowRejected
    └── WorldError (OSError)                 exit 3: the world failed
        ├── SourceChangedError
        ├── StoreError
        └── CorruptArtefactError

Each carries what happened, where, and how to mend it; `str(error)` shows all three.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self


class FeatureprepError(Exception):
    """Base of all errors here.

    Parameters
    ----------
    what : str
        One sentence: what was found, what was expected.
    where : str, optional
        File and line, column, step: whatever is known.
    hint : str, optional
        How to mend it.
    """

    exit_code: ClassVar[int] = 1
    run_id: str | None = None
    """The run that it ended, where there was one."""

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\nHint: {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[Any, ...]:
        # keyword-only arguments do not survive the default exception pickling to a driver
        return (_rebuild, (type(self), self.what, self.where, self.hint), dict(self.__dict__))

    def at(self, where: str) -> Self:
        """The same error, with its place named if it had none yet."""
        if self.where is None:
            self.where = where
        return self


def _rebuild(cls: type[FeatureprepError], what: str, where: str | None, hint: str | None) -> FeatureprepError:
    error = cls.__new__(cls)
    FeatureprepError.__init__(error, what, where=where, hint=hint)
    return error


def said(error: BaseException) -> str:
    """Class and message of what a user's code raised."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  (its message is the user's code too)
        return type(error).__name__


def short(value: object, limit: int = 80) -> str:
    """`repr` of what a user gave or data holds, cut: a message is read by people."""
    text = repr(value[: limit + 1] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


class RequestError(FeatureprepError, ValueError):
    """The arguments, the job or its environment are wrong."""

    exit_code = 2


class ColumnNotFoundError(RequestError, KeyError):
    """A column is named that the table does not have."""

    @classmethod
    def of(cls, missing: Iterable[str], available: Iterable[str], *, where: str | None = None) -> Self:
        from difflib import get_close_matches

        absent, present = sorted(missing), list(available)
        close = sorted({m for name in absent for m in get_close_matches(name, present, n=2)})
        shown = ", ".join(short(c) for c in (close or sorted(present))[:5])
        more = "" if close or len(present) <= 5 else f" and {len(present) - 5} more"
        hint = f"Did you mean one of: {shown}?" if close else f"The table has: {shown}{more}."
        plural = "column" if len(absent) == 1 else "columns"
        others = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
        return cls(f"no {plural} {', '.join(short(c) for c in absent[:5])}{others}", where=where, hint=hint)

    __str__ = FeatureprepError.__str__


class TypeMismatchError(RequestError, TypeError):
    """An operation was given a column of a type it does not take.

    Attributes
    ----------
    columns : tuple of str
        The columns that it was given, where known.
    """

    columns: tuple[str, ...] = ()


class ArgumentError(RequestError):
    """An argument is outside its stated limits."""

    @classmethod
    def of(cls, param: str, owner: str, must: str, got: object, *, where: str | None = None, hint: str | None = None) -> Self:
        return cls(f"The {param!r} parameter of {owner} must be {must}. Got {short(got, 200)} instead.", where=where, hint=hint)


class JobFileError(RequestError):
    """A job file cannot be imported, or holds no such job."""


class UdfError(RequestError):
    """A user's function raised, or returned something else than it declared.

    Attributes
    ----------
    row : int or None
        The number, in the batch that was computed, of the one row that makes the function raise.
    """

    row: int | None = None


class NonDeterministicError(RequestError):
    """A step gave different results for the same input."""


class UnknownNameError(RequestError, AttributeError):
    """A word is misspelt, or known from another library."""


class MissingExtraError(RequestError, ImportError):
    """An optional dependency is not installed."""

    @classmethod
    def of(cls, extra: str, needed_for: str) -> Self:
        return cls(f"{needed_for} needs the extra {extra!r}", hint=f"pip install 'featureprep[{extra}]'")


class DataError(FeatureprepError, ValueError):
    """The data failed its contract or an `error` policy."""

    exit_code = 1


class ParseError(DataError):
    """A record of a source cannot be parsed."""


class ContractError(DataError):
    """The data failed its contract."""


class RowRejected(DataError):
    """One row is rejected by a policy.

    Attributes
    ----------
    rule : str
        The name of the rule, or the kind and place of the policy.
    """

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None, rule: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.rule = rule


class WorldError(FeatureprepError, OSError):
    """Network, store, disk or cluster failed."""

    exit_code = 3

    __str__ = FeatureprepError.__str__


class SourceChangedError(WorldError):
    """A source changed while a run was reading it."""


class StoreError(WorldError):
    """The store cannot be read or written, or breaks its protocol."""


class CorruptArtefactError(WorldError):
    """A stored file is not what its digest says, or cannot be read."""
