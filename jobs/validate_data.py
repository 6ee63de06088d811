"""`fp.validate`: data of any kind held against a contract, in Python."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep.errors import ArgumentError, RequestError
from featureprep.io import api
from featureprep.io.base import Source
from featureprep.io.near import names_like
from featureprep.io.suffixes import FORMATS, format_by_suffix, suffix_of
from featureprep.jobs.any_contract import types_of
from featureprep.jobs.baseline import Data, Reference, of_statistics_file, of_version
from featureprep.jobs.engines import make_engine
from featureprep.jobs.pooled_baseline import of_versions
from featureprep.jobs.validate import validate as validate_sources
from featureprep.site import placed
from featureprep.store.dataset import Dataset
from featureprep.validators.contract import Contract
from featureprep.validators.custom import CustomCheck, with_checks
from featureprep.validators.interop.foreign import contract_of_object, load_any_contract
from featureprep.validators.reasons import Severity

if TYPE_CHECKING:
    from featureprep.validators.report import ValidationReport

_KINDS = "a pandas or Polars DataFrame, an Arrow table, a source such as fp.read_csv(...), a path, or a mapping of names to such"


@placed
def validate(
    data: Any,
    contract: Any,
    *,
    checks: Sequence[CustomCheck] = (),
    baseline: Any = None,
    environment: str = "TRAINING",
    allow_not_evaluated: bool = False,
    fail_on: str = "error",
    now: dt.datetime | None = None,
    also: str | None = None,
    engine: Any = "pandas",
    partitions: int | None = None,
    statistics: bool = False,
) -> ValidationReport:
    """How every rule of a contract ended, from one scan of the data.

    Parameters
    ----------
    data : DataFrame of pandas or Polars, pyarrow.Table, source, path, or mapping of source names to such
        A path's suffix tells its format; `fp.read_csv` and its kin take options. In pandas' NumPy float columns NaN is null.
    contract : Contract, path of a contract.yaml, its text, or the mapping that it holds
        Also what other tools read: a suite of Great Expectations, a schema of pandera, an ODCS document, a TFMD schema as text; their paths,
        texts, or (of the first two) objects. Rules that a contract cannot state are not evaluated; `report.notes` tells what is checked
        otherwise. Types that they leave open are the data's.
    checks : list of checks, optional
        Rules in Python beside those of the contract: functions decorated with `fp.check`.
    baseline : version, list of versions, path of a file of statistics, or as `data`, optional
        What the contract's rules about drift hold the data against: `fp.open_dataset(store, "trips@prod")`, several together
        (`fp.open_datasets(store, "trips@last:5")`), what `featureprep stats -o` wrote, or other data. Without it they are not evaluated.
    environment : str
        Columns and rules that the contract does not expect there are not judged.
    allow_not_evaluated : bool
        Rules that cannot be evaluated do not fail.
    fail_on : {"error", "warn"}
        With "warn" whatever is broken fails: rules that only warn, and those that take rows away.
    now : datetime, optional
        The clock, with a zone, by which `fresh:` tells ages; the machine's by default.
    also : {"tfdv"}, optional
        Ask TFDV, too (`featureprep doctor --tfdv` installs it): `report.opinions` has what both find, and what one alone does. It informs:
        `report.ok` is ours.
    engine : str or engine
        As for `Job.run`.
    partitions : int, optional
        How many pieces the data is read in.
    statistics : bool
        The same scan also takes statistics of all columns: with them the page of `report.to_html()` draws how each is distributed,
        beside the baseline. With a baseline, a contract that states nothing about drift is then no error.

    Returns
    -------
    ValidationReport
        `report.ok`, `report.outcomes`, `report.raise_for_errors()`, `report.to_json()`, `report.to_html()`; drawn in a notebook.

    Raises
    ------
    RequestError
        For a contract that cannot be used, data that is none of these, an environment that the contract does not have.
    ParseError
        For the first record that cannot be parsed, unless its source has another `on_error`.
    WorldError
        When something cannot be read, or TFDV is not installed.

    Examples
    --------
    >>> report = fp.validate(df, "contract.yaml", environment="SERVING")
    >>> report.raise_for_errors()
    """
    if fail_on not in tuple(Severity):
        raise ArgumentError.of("fail_on", "validate", "'error' or 'warn'", fail_on)
    if not isinstance(environment, str):
        raise ArgumentError.of("environment", "validate", "a text", environment)
    if partitions is not None and (type(partitions) is not int or partitions < 1):
        raise ArgumentError.of("partitions", "validate", "a whole number from 1, or None", partitions)
    if now is not None and (not isinstance(now, dt.datetime) or now.tzinfo is None):
        raise ArgumentError.of("now", "validate", "a datetime with a time zone", now)
    stated = with_checks(_contract(contract, data), checks)
    sources = _sources(data, stated)
    reference = _reference(baseline, stated, sources)
    made = make_engine(engine)
    try:
        report = validate_sources(
            sources, stated, None, made,
            environment=environment, allow_not_evaluated=allow_not_evaluated, partitions=partitions, now=now,
            reference=reference, also=also, statistics=statistics,
        )  # fmt: skip
    finally:
        if made is not engine:
            made.close()
    return replace(report, fail_on=Severity(fail_on))


def _contract(contract: Any, data: Any) -> Contract:
    if isinstance(contract, Contract):
        return contract
    alone = next(iter(data.values())) if isinstance(data, Mapping) and len(data) == 1 else data
    types = types_of(lambda: None if isinstance(alone, Mapping) else (source_of(alone), None))
    found = load_any_contract(contract, types) if isinstance(contract, (str, os.PathLike)) else contract_of_object(contract, types)
    if found is None:
        what = "a Contract, the path of a contract.yaml or of a suite or schema of another tool, or the mapping that it holds"
        raise ArgumentError.of("contract", "validate", what, contract)
    return found


def _sources(data: Any, contract: Contract) -> dict[str, Source]:
    """The sources by the contract's names: data that comes alone has none of its own."""
    if isinstance(data, Mapping):
        return named_sources(data, "validate")
    if len(contract.names) > 1:
        hint = f"fp.validate({{{', '.join(f'{name!r}: ...' for name in contract.names[:3])}}}, contract)"
        raise RequestError("the contract has sections for several sources, and the data is one", where=contract.file or None, hint=hint)
    return {contract.names[0]: source_of(data)}


def _reference(baseline: Any, contract: Contract, sources: Mapping[str, Source]) -> Reference | None:
    """What the baseline is, if there is one."""
    if baseline is None:
        return None
    if isinstance(baseline, Dataset):
        return of_version(baseline)
    if isinstance(baseline, (list, tuple)) and baseline and all(isinstance(each, Dataset) for each in baseline):
        return of_versions(baseline)
    title = "the baseline"
    if isinstance(baseline, (str, os.PathLike)):
        path = str(os.fspath(baseline))
        kept = of_statistics_file(path)
        if kept is not None:
            return kept
        title = os.path.basename(path.rstrip("/"))
    try:
        found = _sources(baseline, contract)
    except ArgumentError:
        what = f"a version (fp.open_dataset), a list of versions, the path of a file of statistics, or {_KINDS}"
        raise ArgumentError.of("baseline", "validate", what, type(baseline).__name__) from None
    lacking = [name for name in sources if name not in found]
    if lacking:
        raise ArgumentError.of("baseline", "validate", f"a mapping that has the sources {', '.join(map(repr, lacking))}", sorted(found))
    return Data(title, found, None)


def named_sources(data: Mapping[Any, Any], owner: str) -> dict[str, Source]:
    """The sources that a mapping of names to data is; `owner` is whom it was given.

    Raises
    ------
    As `source_of` does.
    """
    if not data or not all(isinstance(name, str) and name for name in data):
        raise ArgumentError.of("data", owner, f"{_KINDS}; names are texts", data)
    return {name: source_of(one, owner) for name, one in data.items()}


def source_of(data: Any, owner: str = "validate") -> Source:
    """The source that one piece of data is; `owner` is whom it was given.

    Raises
    ------
    ArgumentError
    RequestError
        For a path that is not there or whose format is not known.
    """
    if isinstance(data, Source):
        return data
    if isinstance(data, (pa.Table, pa.RecordBatch)):
        return api.from_arrow(data)
    if isinstance(data, (str, os.PathLike)):
        return _file(str(os.fspath(data)))
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")  # whoever holds a frame of theirs has imported them
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return api.from_pandas(data)
    if polars is not None and isinstance(data, (polars.DataFrame, polars.LazyFrame)):
        return api.from_polars(data)
    raise ArgumentError.of("data", owner, _KINDS, type(data).__name__)


def _file(path: str) -> Source:
    if "://" not in path and not any(c in path for c in "*?[") and not os.path.exists(path):
        raise RequestError("there is no such file", where=path, hint=names_like(path) or "the path starts at the working folder")
    kind = format_by_suffix(path)
    if kind is None:
        hint = f"read it with {', '.join(f'fp.read_{name}' for name in FORMATS)}"
        raise RequestError("the format of this file is not known by its suffix", where=path, hint=hint)
    if kind == "csv":
        return api.read_csv(path, separator="\t" if suffix_of(path) in (".tsv", ".tab") else ",")
    if kind == "json":
        return api.read_json(path)
    return api.read_parquet(path) if kind == "parquet" else api.read_arrow(path)
