"""Public collections of broken files: every one gives rows or one of our errors, in each mode, and nothing is lost."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from featureprep.errors import FeatureprepError
from featureprep.io.api import read_csv, read_json

ENCODINGS = {"latin1": "latin-1", "shift_jis": "shift_jis", "utf16": "utf-16", "iso-8859-7": "iso-8859-7"}


def sources(path: Path, on_error: str) -> list[Any]:
    if path.suffix in (".json", ".ndjson"):
        return [read_json(path, on_error=on_error, schema=schema) for schema in (None, {"id": "int64", "name": "string"})]
    encoding = next((name for part, name in ENCODINGS.items() if part in path.name), "utf-8")
    found = [read_csv(path, on_error=on_error, encoding=encoding), read_csv(path, on_error=on_error, header=False, encoding=encoding)]
    found += [
        read_csv(path, on_error=on_error, header=False, separator=s, quote=q)
        for s, q in ((";", '"'), ("|", '"'), ("\t", "'"), (", ", None))
    ]
    return found


def test_every_file(data_dir: Path, read: Any) -> None:
    files = sorted(p for p in (data_dir / "messy").rglob("*") if p.suffix in (".csv", ".json", ".ndjson"))
    assert len(files) > 120
    read_whole = 0
    for path in files:
        for kept, dropped, failed in zip(*(sources(path, mode) for mode in ("quarantine", "drop", "fail")), strict=True):
            try:
                whole = read(kept)
            except FeatureprepError as error:
                assert path.name in str(error)
                for other in (dropped, failed):
                    with pytest.raises(type(error)):
                        read(other)
                continue
            read_whole += 1
            assert whole.records == len(whole.rows) + len(whole.bad)
            assert read(dropped).rows == whole.rows
            pieces = read(kept, target=1)
            assert (pieces.rows, pieces.bad_places) == (whole.rows, whole.bad_places)
            if whole.bad:
                with pytest.raises(FeatureprepError) as caught:
                    read(failed)
                assert f"{path}:{whole.bad[0].line}" in str(caught.value)
            else:
                assert read(failed).rows == whole.rows
    assert read_whole > 500


def test_csv_spectrum(data_dir: Path, tmp_path: Path, read: Any) -> None:
    for path in sorted((data_dir / "messy" / "csv-spectrum" / "csvs").glob("*.csv")):
        expected = json.loads((path.parent.parent / "json" / f"{path.stem}.json").read_text())
        names = list(expected[0])
        data = path.read_bytes()
        if path.stem.endswith("_crlf") and b"\r" not in data:  # Git took the carriage returns off
            data = data.replace(b"\n", b"\r\n")
        (tmp_path / path.name).write_bytes(data)
        whole = read(read_csv(tmp_path / path.name, null_values=(), schema=dict.fromkeys(names, "string")))
        assert whole.rows == expected, path.name


def test_rows_are_those_of_the_csv_module(data_dir: Path, read: Any) -> None:
    compared = 0
    for path in sorted((data_dir / "messy").rglob("*.csv")):
        try:
            whole = read(read_csv(path, header=False, null_values=(), on_error="quarantine"))
        except FeatureprepError:
            continue
        if whole.bad:
            continue
        with path.open(newline="", encoding="utf-8-sig") as file:
            expected = [row for row in csv.reader(file) if row]
        assert [list(r.values()) for r in whole.rows] == expected, path.name
        compared += 1
    assert compared > 60


def test_real_files(data_dir: Path, read: Any) -> None:
    census = read(read_csv(data_dir / "adult-census" / "adult.data", names=[f"c{i}" for i in range(15)], separator=", ", null_values=["?"]))
    assert len(census.rows) == 32_561
    assert sum(row["c6"] is None for row in census.rows) == 1_843
    taxi = read(read_csv(data_dir / "chicago-taxi" / "simple" / "data.csv"))
    with (data_dir / "chicago-taxi" / "simple" / "data.csv").open(newline="") as file:
        expected = [[cell or None for cell in row] for row in csv.reader(file)][1:]
    assert [list(r.values()) for r in taxi.rows] == expected
