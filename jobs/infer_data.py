"""`fp.infer`: a contract proposed from data of any kind, in Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from featureprep.errors import ArgumentError
from featureprep.io.base import Source
from featureprep.jobs.engines import make_engine
from featureprep.jobs.infer import infer as infer_sources
from featureprep.jobs.validate_data import named_sources, source_of
from featureprep.site import placed
from featureprep.validators.inference import MAX_STRING_DOMAIN

if TYPE_CHECKING:
    from featureprep.validators.contract import Contract


@placed
def infer(
    data: Any, *, ranges: bool = False, keys: bool = False, max_values: int = MAX_STRING_DOMAIN, engine: Any = "pandas",
    partitions: int | None = None,
) -> Contract:  # fmt: skip
    """A contract that all rows of the data meet: look at it and edit it before you rely on it.

    Parameters
    ----------
    data : DataFrame of pandas or Polars, pyarrow.Table, source, path, or mapping of source names to such
        As `fp.validate` takes it. A single one gives a contract without source names.
    ranges : bool
        State the range that numbers, dates and timestamps have, ends among it; an infinite end is left out.
    keys : bool
        State what tells the rows apart, of two rows or more: columns without nulls whose values are all different are `unique`; where
        there is none, such pairs of the five columns with the most different values are `keys`. Every row is counted, in up to two scans
        more. Floats are no keys.
    max_values : int
        Text columns of at most so many distinct values, from 0 to 400, get them as their `values`.
    engine : str or engine
        As for `Job.run`.
    partitions : int, optional
        How many pieces the data is read in.

    Returns
    -------
    Contract
        `contract.to_yaml()` is the file; `fp.validate(data, contract)` passes.

    Raises
    ------
    ParseError
        For the first record that cannot be parsed, unless its source has another `on_error`.
    RequestError
        For data that is none of these.
    WorldError
        When something cannot be read.

    Examples
    --------
    >>> contract = fp.infer(df, ranges=True, keys=True)
    >>> Path("contract.yaml").write_text(contract.to_yaml())
    """
    for name, flag in (("ranges", ranges), ("keys", keys)):
        if not isinstance(flag, bool):
            raise ArgumentError.of(name, "infer", "True or False", flag)
    if type(max_values) is not int or not 0 <= max_values <= 400:
        raise ArgumentError.of("max_values", "infer", "a whole number from 0 to 400", max_values)
    if partitions is not None and (type(partitions) is not int or partitions < 1):
        raise ArgumentError.of("partitions", "infer", "a whole number from 1, or None", partitions)
    sources: dict[str, Source] = named_sources(data, "infer") if isinstance(data, Mapping) else {"data": source_of(data, "infer")}
    made = make_engine(engine)
    try:
        return infer_sources(sources, None, made, partitions=partitions, max_values=max_values, ranges=ranges, keys=keys).contract
    finally:
        if made is not engine:
            made.close()
