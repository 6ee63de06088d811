"""What TFDV says of some rows, or of their statistics."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from featureprep.errors import MissingExtraError, TypeMismatchError, WorldError
from featureprep.kernels.encodings import joined
from featureprep.validators.tfdv.environment import VENV
from featureprep.validators.tfmd.protos import Protos, protos

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from tensorflow_metadata.proto.v0.anomalies_pb2 import Anomalies
    from tensorflow_metadata.proto.v0.schema_pb2 import Schema
    from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatisticsList

TIMEOUT: Final = 3600.0
"""Seconds for one answer."""
_PROGRAM: Final = Path(__file__).with_name("program.py")
_TELLING: Final = 5
"""Last lines of its output that are shown where it fails."""


@dataclass(frozen=True)
class Opinion:
    """What TFDV computed.

    Attributes
    ----------
    statistics : DatasetFeatureStatisticsList
    schema : Schema
        The one that was given, or that TFDV inferred.
    anomalies : Anomalies or None
        None where no schema was given.
    """

    statistics: DatasetFeatureStatisticsList
    schema: Schema
    anomalies: Anomalies | None


def opinion(
    rows: pa.Table, schema: Schema | None = None, *, environment: str | None = None,
    previous: DatasetFeatureStatisticsList | None = None, serving: DatasetFeatureStatisticsList | None = None,
) -> Opinion:  # fmt: skip
    """Ask TFDV for the statistics of rows, and hold them against a schema.

    Parameters
    ----------
    rows : pa.Table
        Columns of integers, floats, strings, bytes, or lists of these; a null is a missing value. All of them are in memory at once,
        here and there.
    schema : Schema, optional
        Without one TFDV infers it.
    previous, serving : DatasetFeatureStatisticsList, optional
        What drift and skew are measured against.

    Raises
    ------
    WorldError
        When TFDV is not installed, or breaks.
    TypeMismatchError
        For a column of another type: TFDV has none for it.
    MissingExtraError
        Without `tensorflow-metadata`.
    """
    python, messages = at_hand()
    listed = pa.table({name: _lists(name, rows[name]) for name in rows.column_names})
    with tempfile.TemporaryDirectory(prefix="featureprep-tfdv-") as made:
        folder = Path(made)
        pq.write_table(listed, folder / "rows.parquet", row_group_size=max(1, len(listed)))
        _write(folder, environment, schema=schema, previous=previous, serving=serving)
        _run(python, folder)
        return Opinion(
            _message(folder / "statistics.pb", messages.statistics.DatasetFeatureStatisticsList()),
            _message(folder / "schema.pb", messages.schema.Schema()),
            None if schema is None else _message(folder / "anomalies.pb", messages.anomalies.Anomalies()),
        )


def judged(
    statistics: DatasetFeatureStatisticsList, schema: Schema, *, environment: str | None = None,
    previous: DatasetFeatureStatisticsList | None = None, serving: DatasetFeatureStatisticsList | None = None,
) -> Anomalies:  # fmt: skip
    """What TFDV finds wrong in statistics that were computed elsewhere; parameters and errors as `opinion` has them."""
    python, messages = at_hand()
    with tempfile.TemporaryDirectory(prefix="featureprep-tfdv-") as made:
        folder = Path(made)
        _write(folder, environment, given=statistics, schema=schema, previous=previous, serving=serving)
        _run(python, folder)
        found: Anomalies = _message(folder / "anomalies.pb", messages.anomalies.Anomalies())
        return found


def at_hand() -> tuple[Path, Protos]:
    """TFDV's own Python, and the messages it is talked to in.

    Raises
    ------
    WorldError
        When TFDV is not installed.
    MissingExtraError
        Without `tensorflow-metadata`.
    """
    python = VENV.python()
    if python is None:
        raise WorldError("TFDV is not installed", hint="featureprep doctor --tfdv makes a virtualenv of its own for it")
    try:
        return python, protos()
    except MissingExtraError as error:
        raise MissingExtraError.of("tfmd", "TFDV as a second opinion") from error


def _write(folder: Path, environment: str | None, **messages: Message | None) -> None:
    for name, message in messages.items():
        if message is not None:
            (folder / f"{name}.pb").write_bytes(message.SerializeToString())
    if environment is not None:
        (folder / "environment.txt").write_text(environment, encoding="utf-8")


def _lists(name: str, column: pa.ChunkedArray) -> pa.Array:
    """A column as lists of int64, float32 or float64, or strings; null where it is null."""
    array = joined(column)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    inner = array.type.value_type if _is_list(array.type) else array.type
    if pa.types.is_integer(inner):
        wanted = pa.int64()
    elif pa.types.is_floating(inner):
        wanted = pa.float32() if inner == pa.float32() else pa.float64()
    elif pa.types.is_string(inner) or pa.types.is_large_string(inner):
        wanted = pa.large_string()
    elif pa.types.is_binary(inner) or pa.types.is_large_binary(inner):
        wanted = pa.large_binary()
    else:
        raise TypeMismatchError(f"TFDV has no type for the column {name!r} of {array.type}", hint="cast it to a number or a string first")
    if _is_list(array.type):
        return array.cast(pa.large_list(wanted))
    offsets = np.concatenate(([0], np.cumsum(array.is_valid().to_numpy(zero_copy_only=False))))
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), array.drop_null().cast(wanted), mask=array.is_null())


def _is_list(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_list(dtype) or pa.types.is_large_list(dtype))


def _run(python: Path, folder: Path) -> None:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": ""}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(  # noqa: S603  (TFDV's own Python)
            [str(python), "-I", str(_PROGRAM), str(folder)],
            env=kept | quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WorldError(f"TFDV has not answered within {TIMEOUT:.0f} s", where=str(python)) from None
    if done.returncode:
        last = " | ".join(done.stderr.splitlines()[-_TELLING:])
        raise WorldError(f"TFDV broke with exit code {done.returncode}: {last[:1000]}", where=str(python))


def _message(path: Path, message: Any) -> Any:
    message.ParseFromString(path.read_bytes())
    return message
