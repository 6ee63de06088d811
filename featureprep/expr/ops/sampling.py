"""Sampling by hash: whether a row is kept depends on its content and a seed alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import NAME, integer, number, sequence
from featureprep.expr.row import RowCode, RowValue
from featureprep.hashing.mixing import mix_word, mix_words
from featureprep.hashing.rows import row_hash128, row_hash128_value


def unit_hash(columns: dict[str, pa.Array], seed: int) -> np.ndarray:
    """A uint64 per row from the content of named columns and a seed."""
    return mix_words(row_hash128(columns)[0] ^ np.uint64(seed))


def unit_hash_value(row: dict[str, object], types: dict[str, pa.DataType], seed: int) -> int:
    """The same for one row."""
    return mix_word(row_hash128_value(row, types)[0] ^ seed)


def threshold(fraction: float) -> int:
    """Hashes below it are `fraction` of all: floor(fraction * 2^64)."""
    numerator, denominator = float(fraction).as_integer_ratio()
    return (numerator << 64) // denominator


@register
class HashFraction(Op):
    """Whether the hash of the arguments (named `names`, in that order) and `seed` falls into the first `fraction`."""

    name = "hash_fraction"
    arity = (1, None)
    limits = {"names": sequence(NAME, at_least=1), "fraction": number(0, 1), "seed": integer(0, 2**63 - 1)}

    def bind(self, call: Call) -> Signature:
        return Signature(pa.bool_(), nullable=False)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        limit = threshold(call.params["fraction"])
        if limit >= 2**64:
            return pa.repeat(pa.scalar(True), len(args[0]))
        return pa.array(unit_hash(dict(zip(call.params["names"], args, strict=True)), call.params["seed"]) < np.uint64(limit))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        names, seed, limit = call.params["names"], call.params["seed"], threshold(call.params["fraction"])
        types = dict(zip(names, call.in_types, strict=True))

        def keep(*values: object) -> bool:
            return unit_hash_value(dict(zip(names, values, strict=True)), types, seed) < limit

        out = code.new()
        code.emit(f"{out} = {code.const(keep)}({', '.join(a.name for a in args)})")
        return out
