"""What a TFMD schema has no field for and contracts need: carried in the tags of annotations, or listed in their comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from featureprep.types import is_integer, is_numeric

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_TAG: Final = "featureprep:"
_LOST: Final = "not expressed: "
PLAIN: Final[Mapping[str, pa.DataType]] = {"INT": pa.int64(), "FLOAT": pa.float64(), "BYTES": pa.string()}
"""The types that values of a feature have where no tag says otherwise."""
MEASURES: Final = {"linf": "infinity_norm", "jensen_shannon": "jensen_shannon_divergence", "abs_difference": "normalized_abs_difference"}
"""The measures of drift that both know."""


def write_marks(annotation: schema_pb2.Annotation, tags: Mapping[str, str], note: str, lost: Iterable[str]) -> None:
    """Tags whose value is not empty, the note, and what could not be expressed."""
    annotation.tag.extend(f"{_TAG}{name}={value}" for name, value in tags.items() if value)
    annotation.comment.extend([note] if note else [])
    annotation.comment.extend(f"{_LOST}{what}" for what in lost)


def read_marks(annotation: schema_pb2.Annotation) -> tuple[dict[str, str], str, list[str]]:
    """As they were written; of others the comments are the note, and tags are lost."""
    tags = dict(tag.removeprefix(_TAG).partition("=")[::2] for tag in annotation.tag if tag.startswith(_TAG))
    lost = [comment.removeprefix(_LOST) for comment in annotation.comment if comment.startswith(_LOST)]
    note = "\n".join(comment for comment in annotation.comment if not comment.startswith(_LOST))
    return tags, note, lost + [f"the tag {tag!r}" for tag in annotation.tag if not tag.startswith(_TAG)]


def opened(dtype: pa.DataType) -> tuple[pa.DataType, list[int | None]]:
    """What lies in lists of lists, and their fixed sizes, the outermost first; None of lists that may have any."""
    sizes: list[int | None] = []
    while pa.types.is_list(dtype) or pa.types.is_fixed_size_list(dtype):
        sizes.append(dtype.list_size if pa.types.is_fixed_size_list(dtype) else None)
        dtype = dtype.value_type
    return dtype, sizes


def kind_of(dtype: pa.DataType) -> str:
    """The type of a feature of such values, as `featureprep.validators.tfmd.statistics` takes them."""
    if is_integer(dtype) or pa.types.is_boolean(dtype):
        return "INT"
    if is_numeric(dtype):
        return "FLOAT"
    return "STRUCT" if pa.types.is_struct(dtype) else "BYTES"
