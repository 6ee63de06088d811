"""shift: for each row, a value of the row that stands n places before it in its sequence."""

from __future__ import annotations

import numpy as np

from featureprep.relational.rows import Indices
from featureprep.relational.sequences import Sequences


def shifted(found: Sequences, n: int) -> Indices:
    """For each row of the table, the row n places before it (after it, for n below 0); -1 where there is none. Shape (n_rows,).

    A row without a place in a sequence has none before it, and is before none.
    """
    places = np.arange(len(found.rows)) - n
    inside = (places >= found.starts) & (places < found.stops)
    taken = np.full(len(found.content), -1, np.int64)
    taken[found.rows[inside]] = found.rows[places[inside]]
    return taken
