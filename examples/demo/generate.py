"""A taxi-like data set with the flaws of real ones, made from a seed; all names are invented.

    python -m examples.demo.generate FOLDER [--rows 20000] [--seed 7]

FOLDER/trips/2024-01.csv ... 2024-06.csv are six months of trips; FOLDER/faulty/2024-07.csv is a month that went wrong.
The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

COLUMNS = (
    "trip_id",
    "started",  # UTC, to the second
    "seconds",
    "miles",
    "fare",  # dollars
    "tips",  # dollars
    "payment_type",
    "company",
    "pickup_area",  # 1 to 60
    "dropoff_area",
    "pickup_lat",  # degrees
    "pickup_lon",
    "dropoff_lat",
    "dropoff_lon",
)
PAYMENTS = {"Credit Card": 55, "Cash": 38, "Mobile": 4, "No Charge": 2, "Dispute": 1}
COMPANIES = (
    "Blue Kite Cabs",
    "Lantern Taxi",
    "Harrow, Finch & Daughters",
    "Old Mill\nCab Cooperative",
    'The "Swift" Company',
    "Café Noir Cars",
    *(f"{colour} {thing}" for thing in ("Wheels", "Carriage", "Rides") for colour in ("Amber", "Birch", "Copper", "Dune", "Ember", "Fern")),
)
AREAS = 60
# the share of records, in thousandths, with each flaw
FLAWS = {"missing": 80, "odd spelling": 50, "duplicate": 10, "negative fare": 5, "bad number": 3, "ragged": 1, "none": 851}


@dataclass(frozen=True)
class Made:
    """What was written: the files, the records in them (headers not counted), and how many records have which flaw."""

    files: tuple[Path, ...]
    rows: int
    flaws: Mapping[str, int]


def generate(folder: Path | str, rows: int = 20_000, seed: int = 7) -> Made:
    """Write `rows` records as six files to folder/trips.

    A record has one flaw at most: missing cells, odd letter case or spaces around a payment type, an exact duplicate of a sound
    record, a negative fare, a number that is none, a ragged line. Some company names hold commas, quotes and line breaks.
    """
    rng, flaws = Random(seed), Counter[str]()
    target = _fresh(Path(folder) / "trips")
    files = []
    for month in range(1, 7):
        first, last = rows * (month - 1) // 6, rows * month // 6
        lines = _month(rng, month, first, last - first, flaws)
        files.append(_write(target / f"2024-{month:02d}.csv", COLUMNS, lines))
    return Made(tuple(files), rows, dict(+flaws))


def generate_faulty_drop(folder: Path | str, rows: int = 2_000, seed: int = 8) -> Made:
    """Write `rows` records to folder/faulty/2024-07.csv that break what the first six months promise.

    An unseen payment type (3 %), fares in cents (4 %: out of range), durations as text (5 %: wrong type), 40 % of companies
    missing, and no column `dropoff_lon` at all.
    """
    rng, flaws = Random(seed), Counter[str]()
    lines = []
    for number in range(rows):
        trip = _trip(rng, 7, 1_000_000 + number)
        for name, share in (("unseen payment type", 0.03), ("fare out of range", 0.04), ("wrong type", 0.05), ("no company", 0.4)):
            if rng.random() >= share:
                continue
            flaws[name] += 1
            match name:
                case "unseen payment type":
                    trip["payment_type"] = "Prepaid Crad"
                case "fare out of range":
                    trip["fare"] = f"{100 * float(trip['fare']):.0f}"
                case "wrong type":
                    trip["seconds"] = f"{int(trip['seconds']) // 60} min"
                case _:
                    trip["company"] = ""
        lines.append([trip[name] for name in COLUMNS[:-1]])
    file = _write(_fresh(Path(folder) / "faulty") / "2024-07.csv", COLUMNS[:-1], lines)
    return Made((file,), rows, {**flaws, "missing column": rows})


def _month(rng: Random, month: int, first: int, count: int, flaws: Counter[str]) -> list[list[str]]:
    """The records of a month, each with one flaw at most; a duplicate repeats a sound record."""
    lines: list[list[str]] = []
    sound: list[str] | None = None
    for number in range(first, first + count):
        flaw = rng.choices(tuple(FLAWS), tuple(FLAWS.values()))[0]
        if flaw == "duplicate" and sound is not None:
            lines.append(sound)
        else:
            lines.append(_blemished(rng, _trip(rng, month, number), flaw))
            if flaw in ("none", "duplicate"):
                flaw, sound = "none", lines[-1]
        flaws[flaw] += flaw != "none"
    return lines


def _blemished(rng: Random, trip: dict[str, str], flaw: str) -> list[str]:
    """The cells of a record, with the flaw of this name in it."""
    match flaw:
        case "missing":
            names = rng.choice((("company",), ("miles",), ("seconds",), ("dropoff_area", "dropoff_lat", "dropoff_lon"), ("payment_type",)))
            trip.update(dict.fromkeys(names, ""))
        case "odd spelling":
            trip["payment_type"] = rng.choice((str.upper, str.lower, " {} ".format))(trip["payment_type"])
        case "negative fare":
            trip["fare"] = "-" + trip["fare"]
        case "bad number":
            name, text = rng.choice((("fare", "$8.25"), ("fare", "1O.50"), ("miles", "3,7"), ("seconds", "ten"), ("tips", "0.5.0")))
            trip[name] = text
    cells = [trip[name] for name in COLUMNS]
    if flaw == "ragged":
        return [*cells, "surplus"] if rng.random() < 0.5 else cells[:9]
    return cells


def _trip(rng: Random, month: int, number: int) -> dict[str, str]:
    """One sound record."""
    started = datetime(2024, month, 1) + timedelta(seconds=rng.randrange(28 * 86_400))  # written without a zone, read as UTC
    miles = min(round(rng.lognormvariate(1.0, 0.8), 1), 60.0)
    rush = 1.6 if started.hour in (7, 8, 16, 17, 18) else 1.0
    seconds = 60 * max(1, round(miles * 3.2 * rush * rng.uniform(0.7, 1.3)))
    fare = 3.25 + 0.25 * round((2.25 * miles + 0.004 * seconds) / 0.25)
    payment = rng.choices(tuple(PAYMENTS), tuple(PAYMENTS.values()))[0]
    tips = fare * rng.choice((0.0, 0.1, 0.15, 0.2, 0.25, 0.3)) if payment in ("Credit Card", "Mobile") else 0.0
    pickup, dropoff = 1 + int(AREAS * rng.random() ** 2), 1 + int(AREAS * rng.random() ** 2)
    values = (
        f"t{number:07d}",
        f"{started:%Y-%m-%d %H:%M:%S}",
        str(seconds),
        f"{miles:.1f}",
        f"{fare:.2f}",
        f"{tips:.2f}",
        payment,
        COMPANIES[int(len(COMPANIES) * rng.random() ** 2.5)],
        str(pickup),
        str(dropoff),
        *_place(pickup),
        *_place(dropoff),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _place(area: int) -> tuple[str, str]:
    """Latitude and longitude of an area's centre: a spiral around a city that does not exist."""
    return f"{12.5 + 0.01 * area * math.cos(area):.6f}", f"{-43.2 + 0.01 * area * math.sin(area):.6f}"


def _fresh(folder: Path) -> Path:
    """The folder, without the files of an earlier call."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("2024-*.csv"):
        old.unlink()
    return folder


def _write(path: Path, header: tuple[str, ...], lines: list[list[str]]) -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *lines])
    path.write_bytes(text.getvalue().encode())
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a taxi-like data set with flaws.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    for made in (generate(given.folder, given.rows, given.seed), generate_faulty_drop(given.folder)):
        flaws = ", ".join(f"{count} {name}" for name, count in sorted(made.flaws.items()))
        print(f"{made.files[0].parent}: {len(made.files)} files, {made.rows} records; {flaws}")


if __name__ == "__main__":
    main()
