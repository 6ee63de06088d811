"""The made-up data of a new project: deliveries of a small shop, with the flaws that real files have."""

from __future__ import annotations

import datetime as dt
import random

ROWS = 600
_SEED = 20240301
_DISTRICTS = ("Harbour", "Old Town", "Hillside", "University", "Airport", "Mills", "Lakeside", "Garden City")
_SPEED = {"bike": 14.0, "van": 24.0, "car": 28.0}
"""Kilometres an hour."""


def deliveries_csv() -> str:
    """A CSV text of `ROWS` deliveries and a few flaws; the same at every call.

    Among the rows are missing distances, two that are below zero, and three rows that stand there twice.
    """
    source = random.Random(_SEED)  # noqa: S311  (nothing secret: made-up rows)
    start = dt.datetime(2024, 3, 1, 8, 0)
    lines = [_line(source, i, start) for i in range(ROWS)]
    for i in (100, 250, 400):
        lines.insert(i, lines[i])
    return "\n".join(["order_id,ordered_at,vehicle,district,distance_km,parcels,late", *lines]) + "\n"


def _line(source: random.Random, i: int, start: dt.datetime) -> str:
    ordered = start + dt.timedelta(hours=source.randrange(12), days=i // 20, minutes=source.randrange(60))
    vehicle = source.choices(tuple(_SPEED), (5, 3, 2))[0]
    district = source.choices(_DISTRICTS, range(len(_DISTRICTS), 0, -1))[0]
    distance = round(source.lognormvariate(1.2, 0.6), 1)
    parcels = 1 + int(source.expovariate(0.7))
    minutes = 60 * distance / _SPEED[vehicle] + 4 * parcels + source.gauss(0, 6) + (8 if ordered.hour in (17, 18) else 0)
    written = "" if source.random() < 0.04 else f"{-distance if i in (77, 333) else distance}"
    late = "yes" if minutes > 32 else "no"
    return f"o{i + 1:04d},{ordered:%Y-%m-%dT%H:%M},{vehicle},{district},{written},{parcels},{late}"
