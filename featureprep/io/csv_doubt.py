"""Whether a CSV file looks as if something else stood between its cells than what it was read with."""

from __future__ import annotations

from collections.abc import Sequence

from featureprep.io.base import BadRecord, Source
from featureprep.io.csv_records import EXPECTED
from featureprep.io.csv_split import AFTER_QUOTE

SEPARATORS = {";": "';'", "\t": "'\\t'", "|": "'|'", ",": "','"}
"""The usual ones, and how each is written, in a job as in a shell."""
RAW_SHOWN = 200
"""Bytes of a record that its error has."""


def another_separator(source: Source, names: Sequence[str], record: BadRecord) -> str | None:
    """The separator that a file seems to have, told by its names and a record that cannot be parsed.

    Parameters
    ----------
    names : sequence of str
        The columns as the file was read.

    Returns
    -------
    str or None
        As it is written. Of the usual separators the first but the one in use that stands in the record as often as in the header (where the
        file was read as one column: that stands in both), or, where no header tells, as often as there are columns to part.
    """
    if not record.reason.endswith((EXPECTED, AFTER_QUOTE)):
        return None
    text = record.raw.decode("utf-8", "replace")
    header = source.options["header"] and source.options["names"] is None
    for separator, written in SEPARATORS.items():
        found = text.count(separator)
        wanted = sum(name.count(separator) for name in names) if header else max(len(names) - 1, 1)
        if separator == source.options["separator"] or not found or not wanted:
            continue
        cut = len(record.raw) == RAW_SHOWN and found < wanted
        # of one column, whose cells may well hold the separator as text, the name alone tells
        if len(names) == 1 or found == wanted or cut:
            return written
    return None
