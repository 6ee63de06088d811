"""The demo's data: the same bytes for a seed, the flaws it says it has, counted here by Python's own csv."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

import pytest

from examples.demo.generate import AREAS, COLUMNS, COMPANIES, PAYMENTS, Made, generate, generate_faulty_drop


def records(made: Made) -> list[list[str]]:
    found = []
    for file in made.files:
        with file.open(newline="", encoding="utf-8") as lines:
            header, *rest = csv.reader(lines)
        assert header == list(COLUMNS)[: len(header)]
        found += rest
    return found


def is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return generate(tmp_path_factory.mktemp("demo"), rows=6000, seed=7)


def digest(made: Made) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in made.files)).hexdigest()


def test_a_seed_fixes_the_bytes(tmp_path: Path, made: Made) -> None:
    again = generate(tmp_path / "again", rows=6000, seed=7)
    assert digest(again) == digest(made)
    assert digest(generate(tmp_path / "other", rows=6000, seed=8)) != digest(made)


def test_a_second_call_replaces_the_first(tmp_path: Path) -> None:
    generate(tmp_path, rows=600)
    made = generate(tmp_path, rows=60)
    assert sorted((tmp_path / "trips").iterdir()) == sorted(made.files)
    assert len(records(made)) == 60


def test_the_flaws_are_those_counted(made: Made) -> None:
    rows = records(made)
    assert len(rows) == made.rows == 6000
    whole = [dict(zip(COLUMNS, row, strict=True)) for row in rows if len(row) == len(COLUMNS)]
    numbers = ("seconds", "miles", "fare", "tips")
    assert dict(made.flaws) == {
        "ragged": len(rows) - len(whole),
        "duplicate": sum(count - 1 for count in Counter(map(tuple, rows)).values()),
        "negative fare": sum(trip["fare"].startswith("-") for trip in whole),
        "bad number": sum(any(trip[name] and not is_number(trip[name]) for name in numbers) for trip in whole),
        "missing": sum("" in trip.values() for trip in whole),
        "odd spelling": sum(trip["payment_type"] not in {*PAYMENTS, ""} for trip in whole),
    }
    assert min(made.flaws.values()) > 0


def test_companies_need_quotes_and_areas_are_in_range(made: Made) -> None:
    whole = [dict(zip(COLUMNS, row, strict=True)) for row in records(made) if len(row) == len(COLUMNS)]
    assert {trip["company"] for trip in whole} == {*COMPANIES, ""}
    assert {int(trip["pickup_area"]) for trip in whole} <= set(range(1, AREAS + 1))
    text = b"".join(file.read_bytes() for file in made.files)
    for spelled in (b'"Harrow, Finch & Daughters"', b'"Old Mill\nCab Cooperative"', b'"The ""Swift"" Company"'):
        assert spelled in text


def test_the_faulty_drop_breaks_what_the_first_months_promise(tmp_path: Path, made: Made) -> None:
    drop = generate_faulty_drop(tmp_path)
    sound = [dict(zip(COLUMNS, row, strict=True)) for row in records(made) if len(row) == len(COLUMNS)]
    bad = [dict(zip(COLUMNS[:-1], row, strict=True)) for row in records(drop)]
    highest = max(float(trip["fare"]) for trip in sound if is_number(trip["fare"]))
    assert {trip["payment_type"] for trip in bad} - {trip["payment_type"] for trip in sound} == {"Prepaid Crad"}
    assert dict(drop.flaws) == {
        "missing column": len(bad),
        "unseen payment type": sum(trip["payment_type"] == "Prepaid Crad" for trip in bad),
        "fare out of range": sum(float(trip["fare"]) > highest for trip in bad),
        "wrong type": sum(not trip["seconds"].isdigit() for trip in bad),
        "no company": sum(trip["company"] == "" for trip in bad),
    }
    assert sum(trip["company"] == "" for trip in bad) / len(bad) > 10 * sum(trip["company"] == "" for trip in sound) / len(sound)
