"""Statistics of Arrow record batches as TFMD's `DatasetFeatureStatisticsList`: what TFDV computes, exactly and in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep.errors import ColumnNotFoundError, TypeMismatchError
from featureprep.validators.tfmd.generators.dataset import Dataset
from featureprep.validators.tfmd.generators.plan import Plan, read
from featureprep.validators.tfmd.generators.rows import rows_of
from featureprep.validators.tfmd.generators.slices import Key, cut, name_of, sliced
from featureprep.validators.tfmd.protos import WHOLE, protos

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatisticsList


Progress = Callable[[str, int, int], None]
"""Called with what is done, how many parts of it are done, and how many there are."""


def statistics(batches: Iterable[Any], *, progress: Progress | None = None, **options: Any) -> DatasetFeatureStatisticsList:
    """The statistics of all rows, and of slices of them.

    The result depends on the rows alone: however they are cut into batches and in whichever order these come, it has the same bytes.

    Parameters
    ----------
    batches : iterable of pa.RecordBatch or pa.Table, or of (slice, batch)
        Read once. A column is a list, of whatever depth, or a single value. Batches need not have the same columns; a column that a
        batch does not have is missing in all of its rows. Batches that come with the name of a slice are counted in that one alone.
    progress : function, optional
        Called for each slice whose statistics are put together, once all rows have been read.
    schema : Schema proto or its textproto, optional
        Says which numbers are categories (`is_categorical`), which strings are images, and which weighted and sparse features there are.
    weight_feature : str, optional
        Column with each row's weight, a number from 0 to 1e200. Weighted statistics are added to the others.
    per_feature_weight_override : mapping of column or path to column, optional
        Other weights for some features.
    num_top_values, num_rank_histogram_buckets : int, default 20 and 1000
    frequency_threshold, weighted_frequency_threshold : default 1
        Values that occur less often, or weigh less, are in no list of frequent values.
    num_values_histogram_buckets, num_histogram_buckets, num_quantiles_histogram_buckets : int, default 10
    feature_crosses : True or list of (column, column), optional
        Pairs of numeric columns for covariance and correlation; True for all pairs.
    y_path : column or path, optional
        Compute the lift of this feature's values by the values of `x_paths` (default: the schema's categorical features), with the
        options of `LiftOptions`.
    enable_semantic_domain_stats : bool
        Tell features that hold times, where `match_ratio` (0.8) of at least `values_threshold` (100) values have one format.
    count_empty_values : bool
        Count values of -1, empty strings and empty inner lists.
    slice_by : list of column, or of several columns
        Add the statistics of the rows with each value of a column, or each combination of values.
    slice_functions : list of functions
        Each gives the (name, batch) pairs of a batch's slices.

    Returns
    -------
    DatasetFeatureStatisticsList
        The data set "All Examples", then slices ascending by name; features ascending by path. Null elements of numeric lists count as
        NaN. Mean and standard deviation are those of the finite values, rounded once; quantiles and frequencies are exact; standard
        histograms take values as evenly spread between the many quantiles they are made of, as TFDV's do.

    Raises
    ------
    MissingExtraError
        Without `tensorflow-metadata`.
    ArgumentError, ContractError
        For options that cannot be.
    TypeMismatchError
        For a column of a type that TFMD does not know, or that is not the same in all batches.
    ColumnNotFoundError
        For a column to slice by, to cross or to compute lifts of that no batch has.
    DataError
        For weights that cannot be used, and for columns of one name.
    UdfError
        Where a slice function raises, or gives something else.
    """
    made: DatasetFeatureStatisticsList = protos().statistics.DatasetFeatureStatisticsList()
    plan = read(options)
    if not isinstance(batches, Iterable):
        raise TypeMismatchError(f"statistics are of batches, not {type(batches).__name__}")
    datasets: dict[tuple[str, Key], Dataset] = {}
    columns: set[str] = set()
    for item in batches:
        for key, batch in _slices(item, plan):
            columns.update(batch.schema.names)
            if key not in datasets:
                datasets[key] = plan.dataset()
            datasets[key].add(rows_of(batch))
    if datasets and not plan.named <= columns:
        raise ColumnNotFoundError.of(plan.named - columns, sorted(columns), where="statistics")
    if not datasets:
        datasets[WHOLE, ()] = plan.dataset()
    ordered = sorted(datasets.items(), key=lambda one: (one[0] != (WHOLE, ()), one[0][0], repr(one[0][1])))
    tell = progress if progress is not None and len(ordered) > 1 else lambda what, done, total: None
    for at, ((name, _), dataset) in enumerate(ordered):
        tell("putting slices together", at, len(ordered))
        made.datasets.append(dataset.message(name))
    tell("putting slices together", len(ordered), len(ordered))
    return made


def _slices(item: Any, plan: Plan) -> Iterator[tuple[tuple[str, Key], pa.RecordBatch]]:
    """The slices that the rows of one item are in, by name and by what else tells slices of one name apart."""
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str):
        yield from (((item[0], ()), batch) for batch in _batches(item[1]))
        return
    for batch in _batches(item):
        yield (WHOLE, ()), batch
        for columns in plan.slice_by:
            yield from (((name_of(key), key), piece) for key, piece in sliced(batch, columns))
        for function in plan.slice_functions:
            for name, piece in cut(function, batch):
                yield from (((name, ()), part) for part in _batches(piece))


def _batches(item: Any) -> list[pa.RecordBatch]:
    if isinstance(item, pa.RecordBatch):
        return [item]
    if isinstance(item, pa.Table):
        batches: list[pa.RecordBatch] = item.to_batches()
        return batches
    raise TypeMismatchError(f"statistics are of Arrow record batches, not {type(item).__name__}")
