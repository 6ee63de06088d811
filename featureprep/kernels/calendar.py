"""The proleptic Gregorian calendar in whole numbers: the same formulas for Python integers and for NumPy int64 vectors.

Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (days_from_civil, civil_from_days). Days are counted from 1970-01-01, times in
microseconds. Division rounds down. There are no leap seconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def civil(days: Any) -> tuple[Any, Any, Any]:
    """Year, month and day of the month of days since the epoch (int or int64 vector)."""
    z = days + 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = (mp + 2) % 12 + 1
    return yoe + era * 400 + (mp >= 10), month, doy - (153 * mp + 2) // 5 + 1


def days_of(year: Any, month: Any, day: Any) -> Any:
    """Days since the epoch of a date (ints or int64 vectors); the day may lie outside its month."""
    y = year - (month <= 2)
    era = y // 400
    yoe = y - era * 400
    doy = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468


def is_leap(year: Any) -> Any:
    """Whether a year has 366 days."""
    return (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))


_MONTH_DAYS = np.array((0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31))


def month_days(year: Any, month: Any) -> Any:
    """The number of days of months (1..12), integer vectors."""
    return _MONTH_DAYS[month] + ((month == 2) & is_leap(year))


def iso_week(days: Any, year_of: Any) -> Any:
    """The ISO 8601 week (1..53) of days since the epoch; `year_of` gives the year of such days."""
    thursday = days - (days + 3) % 7 + 3
    return (thursday - days_of(year_of(thursday), 1, 1)) // 7 + 1
