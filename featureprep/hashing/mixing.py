"""The fixed mix of 64-bit words: the finaliser of SplitMix64 (Steele, Lea, Flood 2014; Stafford's variant 13), a bijection."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint64]]

MASK64: Final = (1 << 64) - 1
GOLDEN: Final = 0x9E3779B97F4A7C15
BLOCK: Final = 1 << 14
"""Words mixed at a time: a block and its scratch stay in the first two cache levels."""

_FIRST: Final = 0xBF58476D1CE4E5B9
_SECOND: Final = 0x94D049BB133111EB


def mix_word(word: int) -> int:
    """The mix of one word in [0, 2**64)."""
    word = ((word ^ (word >> 30)) * _FIRST) & MASK64
    word = ((word ^ (word >> 27)) * _SECOND) & MASK64
    return word ^ (word >> 31)


def mix_words(words: Words) -> Words:
    """Mix every word, in place; returns `words`. The bits of `mix_word`."""
    scratch = np.empty(min(len(words), BLOCK), np.uint64)
    for start in range(0, len(words), BLOCK):
        block = words[start : start + BLOCK]
        shifted = scratch[: len(block)]
        for shift, factor in ((30, _FIRST), (27, _SECOND)):
            np.right_shift(block, np.uint64(shift), out=shifted)
            np.bitwise_xor(block, shifted, out=block)
            np.multiply(block, np.uint64(factor), out=block)
        np.right_shift(block, np.uint64(31), out=shifted)
        np.bitwise_xor(block, shifted, out=block)
    return words
