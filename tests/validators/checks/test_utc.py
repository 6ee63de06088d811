"""type: moments in UTC, whatever it is called."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep.kernels.zones import offset_table
from featureprep.validators.checks.types import UTC, fits

NOON = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", sorted(UTC - {"Z", "-0000"}))
def test_they_are_utc(name: str) -> None:
    table = offset_table(name)
    assert (table.instants, table.offsets) == ((), (0,))


@pytest.mark.parametrize("zone", ["+00:00", "Etc/UTC", "Z", "GMT", "UTC"])
@pytest.mark.parametrize("stated", ["UTC", "+00:00"])
def test_rules_hold_by_any_name(zone: str, stated: str) -> None:
    kind = pa.timestamp("ms", zone)
    table = pa.table({"at": pa.array([NOON, None], kind), "all": pa.array([[NOON], []], pa.list_(kind))})
    contract = {
        "columns": {
            "at": {"type": f"timestamp[{stated}]", "range": {"min": "2024-01-01T13:00:00+01:00"}, "unique": True},
            "all": f"list<timestamp[{stated}]>",
        },
        "fresh": {"column": "at", "max_age": "1d"},
        "expressions": [{"expr": "at is None"}],
    }
    found = {o.id: o.status for o in fp.validate(table, contract, now=NOON).outcomes}
    assert found.pop("$/expressions/at is None") == "failed"
    assert set(found.values()) == {"passed"}


@pytest.mark.parametrize("zone", [None, "Europe/London", "+01:00", "Africa/Abidjan"])
def test_other_zones_are_others(zone: str | None) -> None:
    assert not fits(pa.timestamp("us", zone), pa.timestamp("us", "UTC"))
    assert not fits(pa.timestamp("us", "UTC"), pa.timestamp("us", zone))
