"""Dates and times of fixed width, read from many cells at once: every field has its place, every other place its letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from featureprep.kernels.arrays import Vector
from featureprep.kernels.calendar import DAY, HOUR, MINUTE, SECOND, days_of, month_days
from featureprep.kernels.result import Mask

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Layout:
    """Where what stands in a text of one length.

    Attributes
    ----------
    size : int
        Length in bytes.
    fields : mapping of str to (int, int)
        Start and width of year `Y` or `y`, month `m` or `b`, day `d`, `H`, `M`, `S`, `f`, and of `z`, an offset spelled +HH:MM.
    letters : mapping of int to bytes
        The letters that may stand in the other places.
    """

    size: int
    fields: Mapping[str, tuple[int, int]]
    letters: Mapping[int, bytes]

    @classmethod
    def of_picture(cls, picture: str) -> Layout:
        """From a picture such as `YYYY-mm-ddTHH:MM:SS.fff`; T stands for T or blank, `zzzzzz` for an offset."""
        fields: dict[str, tuple[int, int]] = {}
        letters: dict[int, bytes] = {}
        for i, letter in enumerate(picture):
            if letter in "YmdHMSfz":
                start, width = fields.get(letter, (i, 0))
                fields[letter] = (start, width + 1)
            else:
                letters[i] = b"T " if letter == "T" else letter.encode()
        return cls(len(picture), fields, letters)

    def read(self, data: Vector, starts: Vector) -> tuple[Vector, Mask]:
        """Microseconds since the epoch of the texts that begin at `starts` (ascending, at least one), and which of them fit, both of shape (n_starts,)."""
        return _Reader(self, data, starts).read()


class _Reader:
    def __init__(self, layout: Layout, data: Vector, starts: Vector) -> None:
        self.layout, self.data = layout, data
        self.starts = starts.astype(np.int64)
        self.fits = np.ones(len(starts), dtype=bool)
        first, size = int(starts[0]), layout.size * len(starts)
        dense = int(starts[-1]) - first == size - layout.size  # the texts stand side by side
        self.table = data[first : first + size].reshape(-1, layout.size) if dense else None

    def byte(self, place: int) -> Vector:
        column: Vector = self.data[self.starts + place] if self.table is None else self.table[:, place]
        return column

    def digits(self, start: int, width: int) -> Vector:
        value = np.zeros(len(self.starts), np.int32)
        for place in range(start, start + width):
            digit = self.byte(place) - np.uint8(48)  # wraps, so that whatever is no digit is above 9
            self.fits &= digit <= 9
            value = value * np.int32(10) + digit
        return value

    def number(self, field: str, missing: int = 0) -> Any:
        place = self.layout.fields.get(field)
        return missing if place is None else self.digits(*place)

    def within(self, value: Any, low: int, high: Any) -> None:
        self.fits &= (value >= low) & (value <= high)

    def month(self) -> Any:
        if "b" not in self.layout.fields:
            return self.number("m", 1)
        start = self.layout.fields["b"][0]
        code = np.zeros(len(self.starts), np.int32)
        for place in range(start, start + 3):
            code = code * np.int32(256) + (self.byte(place) | np.uint8(32))
        month = np.zeros(len(self.starts), np.int32)
        for i, name in enumerate(MONTHS):
            month[code == int.from_bytes(name.encode(), "big")] = i + 1
        return month

    def offset(self) -> Any:
        """Microseconds of the offset."""
        if "z" not in self.layout.fields:
            return 0
        start = self.layout.fields["z"][0]
        sign = self.byte(start)
        self.fits &= ((sign == ord("+")) | (sign == ord("-"))) & (self.byte(start + 3) == ord(":"))
        hours, minutes = self.digits(start + 1, 2), self.digits(start + 4, 2)
        self.within(hours, 0, 23)
        self.within(minutes, 0, 59)
        size = hours * np.int64(HOUR) + minutes * np.int64(MINUTE)
        return np.where(sign == ord("-"), -size, size)

    def read(self) -> tuple[Vector, Mask]:
        for place, allowed in self.layout.letters.items():
            byte = self.byte(place)
            match = byte == allowed[0]
            for other in allowed[1:]:
                match |= byte == other
            self.fits &= match
        if "y" in self.layout.fields:
            short = self.number("y")
            year = short + np.where(short < 69, 2000, 1900)
        else:
            year = self.number("Y")
        month, day = self.month(), self.number("d", 1)
        self.within(year, 1, 9999)
        self.within(month, 1, 12)
        months = np.clip(month, 1, 12)
        self.within(day, 1, month_days(year, months))
        hour, minute, second = self.number("H"), self.number("M"), self.number("S")
        for value, high in ((hour, 23), (minute, 59), (second, 59)):
            self.within(value, 0, high)
        fraction = self.number("f") * np.int64(10 ** (6 - self.layout.fields.get("f", (0, 6))[1]))
        clock = (hour * np.int32(3600) + minute * np.int32(60) + second) * np.int64(SECOND) + fraction
        days = days_of(year, months, day)  # in 32 bits, which are enough
        return days * np.int64(DAY) + clock - self.offset(), self.fits
