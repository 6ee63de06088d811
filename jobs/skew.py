"""`fp.skew`: features that were served, held against those that the version computes for the same requests, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from featureprep.errors import ArgumentError
from featureprep.io.base import Source
from featureprep.jobs.skew_compare import Comparison
from featureprep.jobs.skew_found import ALLOWED, SkewReport
from featureprep.jobs.skew_log import Log
from featureprep.jobs.stats import sensitive_columns
from featureprep.jobs.validate_data import source_of
from featureprep.serving.artefact import open_graph
from featureprep.site import placed
from featureprep.store.dataset import Dataset


@placed
def skew(
    version: Dataset,
    log: Any,
    *,
    inputs: str | None = None,
    outputs: str | None = None,
    allow: Sequence[str] = (),
    allow_udfs: Sequence[str] = (),
) -> SkewReport:
    """Compute the features of logged requests again, and compare them with those that were served.

    Parameters
    ----------
    version : Dataset
        The one that served: `fp.open_dataset(store, "trips@prod")`.
    log : path, source, data frame, Arrow table, or list of dicts
        A row for each request, with its fields (the graph's entry columns: absent ones are null) and the features that were served. Of
        JSON lines each record goes through `graph(row)`, of all else columns through `graph.transform`; both give the same bits.
    inputs, outputs : str, optional
        Where the fields, or the features, stand in a row: the path of an object ("response.features"), or what their names begin with
        ("served_"). By default both stand in the row itself, by their names.
    allow : sequence of "float32", "null", "missing"
        What is no skew: floats that agree once rounded to 32 bits; null where NaN is computed (JSON has no NaN); features that the log does not have.
    allow_udfs : sequence of str
        Modules of user functions that may be imported.

    Returns
    -------
    SkewReport
        `report.ok`, `report.features`, `report.raise_for_errors()`. Values are compared in the feature's own type (text or booleans
        for numbers are none of it), floats by their bits: all NaN are one, 0.0 and -0.0 are two. The order of features makes no difference.

    Raises
    ------
    RequestError
        When the log has none of the columns that the graph reads, or nothing tells fields from features of the same name.
    ParseError
        For the first record that cannot be parsed, unless its source has another `on_error`.

    Examples
    --------
    >>> fp.skew(fp.open_dataset("./store", "trips@prod"), "requests.jsonl", outputs="served").raise_for_errors()
    """
    if not isinstance(version, Dataset):
        raise ArgumentError.of("version", "skew", "a version: fp.open_dataset(store, 'name@tag')", type(version).__name__)
    _check(inputs, outputs, allow)
    url, options = version.store.address
    graph = open_graph(url, f"{version.name}@{version.version}", allow_udfs=allow_udfs, **options)
    found = Log.of(log if isinstance(log, Source) else list(log) if isinstance(log, (list, tuple)) else source_of(log))
    return Comparison(graph, found, inputs, outputs, frozenset(sensitive_columns(version))).report(
        f"{version.name}@{version.version}", tuple(allow)
    )


def _check(inputs: Any, outputs: Any, allow: Any) -> None:
    for name, text in (("inputs", inputs), ("outputs", outputs)):
        if text is not None and (not isinstance(text, str) or not text):
            raise ArgumentError.of(name, "skew", "the path of an object, or what names begin with", text)
    if inputs is not None and inputs == outputs:
        raise ArgumentError.of("outputs", "skew", "another place than that of the inputs", outputs)
    if isinstance(allow, str) or not all(kind in ALLOWED for kind in allow):
        raise ArgumentError.of("allow", "skew", f"some of {', '.join(map(repr, ALLOWED))}", allow)
