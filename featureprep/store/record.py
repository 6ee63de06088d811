"""Small sealed JSON records: canonical text, a format number, and a digest that finds a truncated or altered file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from featureprep.canonical import digest, dumps, loads
from featureprep.errors import ArgumentError, CorruptArtefactError


def seal(kind: str, body: Mapping[str, Any]) -> bytes:
    """The record's text: `body` with `kind` and the sha256 of the canonical text of both.

    Raises
    ------
    ArgumentError
        When `body` holds what JSON cannot.
    """
    whole = {"kind": kind, **body}
    try:
        return (dumps({**whole, "digest": digest(whole)}) + "\n").encode("utf-8", "surrogatepass")
    except TypeError as error:
        raise ArgumentError(f"a {kind.replace('_', ' ')} can hold JSON values only: {error}") from error


def unseal(kind: str, data: bytes, newest: int, where: str) -> dict[str, Any]:
    """The body that `seal` was given.

    Raises
    ------
    CorruptArtefactError
        When it is not JSON, of another kind, of a format newer than `newest`, or not what its digest says.
    """
    name = kind.replace("_", " ")
    try:
        body = loads(data)
    except CorruptArtefactError as error:
        raise CorruptArtefactError(f"this {name} is truncated or not JSON: {error.what}", where=where) from error
    if not isinstance(body, dict) or body.get("kind") != kind:
        raise CorruptArtefactError(f"this is not a {name}", where=where)
    version = body.get("format")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise CorruptArtefactError(f"this {name} has no format number", where=where)
    if version > newest:
        raise CorruptArtefactError(
            f"this {name} has format {version}; this release of featureprep reads formats up to {newest}",
            where=where,
            hint="Upgrade featureprep: pip install --upgrade featureprep",
        )
    said = body.pop("digest", None)
    if said != digest(body):
        raise CorruptArtefactError(f"this {name} was altered: its digest does not match", where=where)
    del body["kind"]
    return body


def moment(value: dt.datetime) -> str:
    """An aware time as ISO 8601 in UTC, with microseconds and Z."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_moment(text: object) -> dt.datetime:
    """The inverse of `moment`; raises ValueError or TypeError for anything else."""
    if not isinstance(text, str) or not text.endswith("Z"):
        raise ValueError("a time must be ISO 8601 text that ends with Z")
    return dt.datetime.fromisoformat(text)
