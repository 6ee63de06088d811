"""`Dataset`: one version, for reading.

Rows have a defined order: by file path (so by split, then partition number), then by row within the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError, CorruptArtefactError
from featureprep.store import paths
from featureprep.store.fields import Column, columns_of
from featureprep.store.log_entry import FileRecord, LogEntry
from featureprep.store.objects import ObjectStore
from featureprep.store.reading import check_file, read_rows
from featureprep.store.refs import parse_last, resolve, resolve_last
from featureprep.store.samples import sample_text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Dataset:
    """One committed version of a dataset. Nothing is read before a method asks for it.

    Attributes
    ----------
    store : ObjectStore
    entry : LogEntry
        All that the commit says.
    """

    def __init__(self, store: ObjectStore, entry: LogEntry) -> None:
        self.store = store
        self.entry = entry

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def version(self) -> int:
        return self.entry.n

    @property
    def run_id(self) -> str:
        return self.entry.run_id

    @property
    def fingerprint(self) -> str:
        """Of schema and rows, without their order."""
        return self.entry.dataset_fingerprint

    @property
    def splits(self) -> Mapping[str, int]:
        """Rows of each split, by name."""
        return dict(sorted(self.entry.splits.items()))

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema; roles and element names stand in the field metadata (`featureprep.store.fields`)."""
        return self.entry.schema

    @property
    def columns(self) -> list[Column]:
        """The columns with their roles."""
        return columns_of(self.schema, repr(self))

    @property
    def sample(self) -> str:
        """What part of the rows it was made of, where the run took a sample (`run(sample=)`); "" for a whole version."""
        found = self.entry.extra.get("sample")
        return sample_text(found) if found else ""

    def __repr__(self) -> str:
        splits = ", ".join(f"{split}: {rows} rows" for split, rows in self.splits.items())
        mark = f" SAMPLE of {self.sample}" if self.sample else ""
        return f"<Dataset {self.name}@{self.version}{mark} ({splits}; {len(self.schema)} columns) in {self.store.url}>"

    def _repr_html_(self) -> str:
        from featureprep.notebook.results import dataset_html

        return dataset_html(self)

    def path(self, split: str | None = None) -> str:
        """The folder of a split's Parquet files, or of the whole version, for any other tool: a path or a URL."""
        if split is None:
            return self.store.locate(paths.run_data(self.name, self.run_id))
        self._records(split)
        return self.store.locate(paths.split_folder(self.name, self.run_id, split))

    def files(self, split: str | None = None) -> list[str]:
        """Paths or URLs of the Parquet files of a split, or of all splits, in reading order."""
        return [self.store.locate(self._stored(record)) for record in self._records(split)]

    def _stored(self, record: FileRecord) -> str:
        return paths.join(paths.run_data(self.name, self.run_id), record.path)

    def _records(self, split: str | None) -> list[FileRecord]:
        if split is not None and split not in self.entry.splits:
            raise ArgumentError(f"{self.name}@{self.version} has no split {split!r}", hint=f"Its splits are: {', '.join(self.splits)}.")
        return [r for r in self.entry.files if r.split is not None and split in (None, r.split)]

    def check(self) -> None:
        """Read every file of the version (graph and reports too) and compare its size and sha256 with the log entry.

        Raises
        ------
        CorruptArtefactError
            For the first file that is missing or altered.
        """
        for record in self.entry.files:
            check_file(self.store, self._stored(record), record, verify=True)

    def tables(self, split: str | None = None, columns: Sequence[str] | None = None, *, verify: bool = False) -> list[pa.Table]:
        """The rows as one table a file, in reading order; see `to_arrow`."""
        schema = self._selected(columns)
        return [read_rows(self.store, self._stored(record), record, schema, verify=verify) for record in self._records(split)]

    def _selected(self, columns: Sequence[str] | None) -> pa.Schema:
        if columns is None:
            return self.schema
        missing = [name for name in columns if name not in self.schema.names]
        if missing:
            raise ColumnNotFoundError.of(missing, self.schema.names, where=f"{self.name}@{self.version}")
        return pa.schema([self.schema.field(name) for name in columns])

    def to_arrow(self, split: str | None = None, columns: Sequence[str] | None = None, *, verify: bool = False) -> pa.Table:
        """The rows of a split, or of all splits.

        Parameters
        ----------
        columns : sequence of str, optional
            Only these, in this order.
        verify : bool
            Also compare the sha256 of every file; sizes and row counts are always compared.

        Raises
        ------
        ArgumentError, ColumnNotFoundError
            For a split or column that is not there.
        CorruptArtefactError
            When a file is missing, altered or not what the log entry says.
        """
        tables = self.tables(split, columns, verify=verify)
        return pa.concat_tables(tables) if tables else self._selected(columns).empty_table()

    def to_pandas(self, split: str | None = None, columns: Sequence[str] | None = None, *, verify: bool = False) -> pd.DataFrame:
        """As `to_arrow`, as a pandas frame. Integer and bool columns with nulls become pandas' nullable types, so that no value is rounded."""
        from featureprep.store.frames import to_frame

        return to_frame(self.to_arrow(split, columns, verify=verify))

    def to_beam(self, pipeline: Any, split: str | None = None, columns: Sequence[str] | None = None, *, elements: str = "dict") -> Any:
        """The rows as a PCollection of a Beam pipeline, read by its workers, a file at a time, in no order.

        Parameters
        ----------
        pipeline : apache_beam.Pipeline
        elements : {"dict", "batch"}
            One dict a row, or pyarrow RecordBatches.

        Raises
        ------
        MissingExtraError
            When Beam is not installed.
        """
        from featureprep.store.beam import to_beam

        files = [(self._stored(record), record) for record in self._records(split)]
        label = f"{self.name}@{self.version}" + (f" {split}" if split else "")
        return to_beam(pipeline, self.store, files, self._selected(columns), elements, label)

    def to_dask(self, split: str | None = None, columns: Sequence[str] | None = None) -> Any:
        """The rows as a Dask DataFrame with a partition for each file, read when it is computed; columns are backed by Arrow.

        Raises
        ------
        MissingExtraError
            When Dask is not installed.
        """
        from featureprep.store.dask import to_dask

        return to_dask(self.store, [(self._stored(record), record) for record in self._records(split)], self._selected(columns))

    def to_spark(self, session: Any, split: str | None = None, columns: Sequence[str] | None = None) -> Any:
        """The rows as a DataFrame of a SparkSession (classic or Connect), a partition for each file, read by the tasks through Arrow.

        Types are Spark's nearest that hold every value: unsigned integers become wider signed ones (uint64: decimal(20, 0)), vectors become
        arrays, instants those of UTC.

        Raises
        ------
        MissingExtraError
            When pyspark is not installed.
        """
        from featureprep.store.spark import to_spark

        return to_spark(session, self.store, [(self._stored(record), record) for record in self._records(split)], self._selected(columns))

    def matrix(
        self, split: str | None = None, *, dtype: Any = "float64", verify: bool = False
    ) -> tuple[Any, np.ndarray[Any, Any] | None, list[str]]:
        """Features and label for a model.

        Parameters
        ----------
        split : str, optional
            All splits by default.
        dtype : "float64" or "float32"
            Of X.
        verify : bool
            As in `to_arrow`.

        Returns
        -------
        X : ndarray of shape (n_rows, n_places), or scipy.sparse.csr_matrix where any feature is sparse
            Feature columns in schema order, vectors flattened. Null floats are NaN, bools 0 and 1. Never holds labels, weights
            or kept columns.
        y : ndarray of shape (n_rows,), or (n_rows, n_labels) where there are several labels, or None
            In its own type; text as objects.
        names : list of str
            Of X's columns: `age`, `education=Bachelors`.

        Raises
        ------
        ArgumentError
            For a feature that is no number (text, time, decimal, list), a null where there is no NaN (integers, bools, whole
            vectors of them, sparse vectors), or an integer that `dtype` cannot hold exactly; the message names the column.
        MissingExtraError
            When a feature is sparse and SciPy is not installed.
        """
        from featureprep.store.matrix import feature_matrix, label_array

        wanted = [c for c in self.columns if c.role in ("feature", "label")]
        tables = self.tables(split, [c.name for c in wanted], verify=verify)
        features = [c for c in wanted if c.role == "feature"]
        try:
            x = feature_matrix(tables, features, dtype)
            y = label_array(tables, [c for c in wanted if c.role == "label"])
        except (ArgumentError, CorruptArtefactError) as error:
            raise error.at(f"{self.name}@{self.version}") from None
        return x, y, [name for column in features for name in column.flat_names()]

    def weights(self, split: str | None = None, *, verify: bool = False) -> np.ndarray[Any, Any] | None:
        """Row weights, ndarray of float64 of shape (n_rows,), in the order of `matrix`; None when there is no weight column."""
        from featureprep.store.matrix import weight_array

        weights = [c for c in self.columns if c.role == "weight"]
        if not weights:
            return None
        return weight_array(self.tables(split, [c.name for c in weights], verify=verify), weights)


def open_dataset(store_url: str | ObjectStore, ref: str, **storage_options: Any) -> Dataset:
    """The version that `ref` names (`census`, `census@3`, `census@prod`) in the store at `store_url`.

    Raises
    ------
    ArgumentError
        When there is no such dataset, version or tag.
    StoreError
        When the store cannot be read, or the version was vacuumed.
    CorruptArtefactError
        When its log entry was altered.
    """
    store = store_url if isinstance(store_url, ObjectStore) else ObjectStore.open(store_url, **storage_options)
    return Dataset(store, resolve(store, ref))


def open_datasets(store_url: str | ObjectStore, ref: str, **storage_options: Any) -> list[Dataset]:
    """The versions that `ref` names, oldest first: `census@last:5` the newest five, fewer where there are fewer; others one.

    Versions whose files were vacuumed do not count. Errors as `open_dataset` has them.

    >>> fp.validate(df, "contract.yaml", baseline=fp.open_datasets("./store", "census@last:5"))
    """
    store = store_url if isinstance(store_url, ObjectStore) else ObjectStore.open(store_url, **storage_options)
    if parse_last(ref) is None:
        return [open_dataset(store, ref)]
    return [Dataset(store, entry) for entry in resolve_last(store, ref)]
