"""What a check in Python raised, if anything."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, pack, unpack


class Raised(Fold):
    """Of a string column: the smallest text by its UTF-8 bytes; None where all are null."""

    name: ClassVar[str] = "raised"

    def init(self) -> str | None:
        return None

    def update(self, state: str | None, *columns: pa.Array) -> str | None:
        (texts,) = columns
        if texts.null_count == len(texts):
            return state
        return self.merge(state, pc.min(pc.unique(texts)).as_py())

    def merge(self, a: str | None, b: str | None) -> str | None:
        return min((text for text in (a, b) if text is not None), default=None)

    def finish(self, state: str | None) -> str | None:
        return state

    def lasting(self, state: str | None) -> bool:
        return state is None  # a package that was missing may be there tomorrow

    def encode(self, state: str | None) -> bytes:
        return pack({"text": state})

    def decode(self, data: bytes | memoryview) -> str | None:
        header, _ = unpack(data, self.name)
        text = header.get("text")
        if text is not None and not isinstance(text, str):
            raise corrupt(self.name)
        return text
