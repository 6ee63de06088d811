"""Written columns as Arrow fields: type, role, size and element names."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from featureprep import canonical
from featureprep.expr.bind import Bound
from featureprep.store.log_entry import FIELD_METADATA

MAX_ELEMENTS = 100_000
"""More element names than this are not repeated in the metadata of every file."""


def field_of(name: str, bound: Bound, role: str) -> pa.Field:
    """The field of one written column."""
    about: dict[str, Any] = {"role": role}
    source = bound
    while source.node.op == "as_dtype":
        source = source.args[0]
    if role != "keep":
        elements, size = source.op.elements(source.call), source.op.size(source.call)
        if size is not None:
            about["size"] = size
        if elements is not None and len(elements) <= MAX_ELEMENTS:
            about["elements"] = elements
    if role in ("label", "weight"):
        about["training_only"] = True
    return pa.field(name, bound.type, metadata={FIELD_METADATA: canonical.dumps(about).encode()})
