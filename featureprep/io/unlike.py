"""The errors of data that is there, and cannot be read as one table of types that are known here."""

from __future__ import annotations

from typing import Self

from featureprep.errors import TypeMismatchError

_SHOWN = 8


class UnlikeDataError(TypeMismatchError):
    """To who wrote the request a mistake (a `schema=` would mend it), to who holds data against a contract a fault of the data."""


class UnlikeFilesError(UnlikeDataError):
    """Files of one source have other columns, or a column of other types."""


class LackingColumnError(UnlikeFilesError):
    """A file lacks a column that another one has."""


class UnsupportedTypeError(UnlikeDataError):
    """A file has columns of types that have no place here.

    Attributes
    ----------
    columns : tuple of str
        Those columns.
    others : tuple of str
        The file's columns that can be read.
    """

    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, what: str, where: str, columns: tuple[str, ...], others: tuple[str, ...]) -> Self:
        hint = "columns=[...] reads the others: " + ", ".join(others[:_SHOWN]) + ", ..." * (len(others) > _SHOWN) if others else None
        error = cls(what, where=f"{where}, column {columns[0]!r}", hint=hint)
        error.columns, error.others = columns, others
        return error
