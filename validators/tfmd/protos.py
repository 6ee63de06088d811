"""The messages of tensorflow-metadata, which is an extra: imported when first asked for, and what of them the rules take."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from featureprep.errors import ArgumentError, MissingExtraError

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

Statistics: TypeAlias = "statistics_pb2.DatasetFeatureStatistics | statistics_pb2.DatasetFeatureStatisticsList"
WHOLE: Final = "All Examples"
"""The name of the statistics of all rows among those of slices (TFDV: DEFAULT_SLICE_KEY)."""


class Protos(NamedTuple):
    """The generated modules of `tensorflow_metadata.proto.v0`."""

    anomalies: Any
    schema: Any
    statistics: Any


@cache
def protos() -> Protos:
    """The generated modules.

    Raises
    ------
    MissingExtraError
        The extra `tfmd` is not installed.
    """
    try:
        from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
    except ImportError as error:
        raise MissingExtraError.of("tfmd", "featureprep.validators.tfmd") from error
    return Protos(anomalies_pb2, schema_pb2, statistics_pb2)


def whole_dataset(statistics: Statistics, owner: str, param: str = "statistics") -> statistics_pb2.DatasetFeatureStatistics:
    """The statistics of all rows: themselves, the only ones of a list, or those named `All Examples` among slices.

    TFDV: `_get_default_dataset_statistics`.

    Raises
    ------
    ArgumentError
        Another message, or slices of which none is of all rows.
    """
    kinds = protos().statistics
    if isinstance(statistics, kinds.DatasetFeatureStatistics):
        return statistics
    if not isinstance(statistics, kinds.DatasetFeatureStatisticsList):
        raise ArgumentError.of(param, owner, "a DatasetFeatureStatistics or a DatasetFeatureStatisticsList", statistics)
    if len(statistics.datasets) == 1:
        return statistics.datasets[0]
    for dataset in statistics.datasets:
        if dataset.name == WHOLE:
            return dataset
    names = [dataset.name for dataset in statistics.datasets]
    raise ArgumentError.of(param, owner, f"of one dataset, or hold the one named {WHOLE!r}", names)


def checked_schema(schema: schema_pb2.Schema, owner: str) -> schema_pb2.Schema:
    """The schema itself.

    Raises
    ------
    ArgumentError
        Another message, or a limit that is NaN: nothing could break it.
    """
    if not isinstance(schema, protos().schema.Schema):
        raise ArgumentError.of("schema", owner, "a tensorflow_metadata Schema", schema)
    if (limit := _nan(schema)) is not None:
        raise ArgumentError.of("schema", owner, "of limits that are numbers", f"NaN as {limit}")
    return schema


def _nan(message: Any) -> str | None:
    """The path of the first field that is NaN."""
    for field, value in message.ListFields():
        if isinstance(value, float):
            if math.isnan(value):
                return str(field.name)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for part in [value] if hasattr(value, "ListFields") else value:
                if (inner := _nan(part)) is not None:
                    return f"{field.name}.{inner}"
    return None


def checked_size(value: int, owner: str) -> int:
    """The number of values that a domain may have, itself.

    Raises
    ------
    ArgumentError
        Of what is no whole number from 0.
    """
    if type(value) is not int or value < 0:
        raise ArgumentError.of("max_string_domain_size", owner, "a whole number from 0", value)
    return value
