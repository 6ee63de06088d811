"""FarmHash's Fingerprint64.

`farm_vectors.json` holds Fingerprint64 of the made-up strings below, for lengths 0 to 300, as computed by Google's own C++
(PyPI package pyfarmhash 0.5.1, `farmhash.fingerprint64`).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from featureprep.hashing.farm import farm_fingerprint64


def made(size: int) -> bytes:
    return bytes((i * i * 7 + i * 131 + size * 17) & 255 for i in range(size))


def test_equals_the_reference_for_every_length() -> None:
    vectors = json.loads((Path(__file__).parent / "farm_vectors.json").read_text())
    assert len(vectors) == 301
    assert [farm_fingerprint64(made(size)) for size in range(301)] == vectors


@pytest.mark.parametrize(
    "text, fingerprint",
    # the example of FARM_FINGERPRINT in BigQuery's documentation of hash functions
    [("1footrue", -1541654101129638711), ("2applefalse", 2794438866806483259), ("3true", -4880158226897771312)],
)
def test_equals_bigquerys_published_values(text: str, fingerprint: int) -> None:
    assert farm_fingerprint64(text.encode()) == fingerprint % 2**64
