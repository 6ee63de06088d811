"""Reports of validations with something in every place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import featureprep as fp
from featureprep.validators.report import ValidationReport

SECRETS = ("Zanzibar", "7731.25", "8842.75")
CONTRACT = """\
columns:
  id: int64
  fare: {type: float64, range: {min: 0}, drift: {kolmogorov_smirnov: 0.1}}
  kind: {type: string, values: [taxi, bus]}
  paid: {type: bool, drift: {linf: {threshold: 0.05, severity: warn}}}
  day: date
  tags: list<string>
  seats: {type: int64, range: {max: 3, action: quarantine}, drift: {mean_shift: {threshold: 5.0}}}
  home: {type: string, values: [Rome, Zanzibar], sensitive: true}
  pay: {type: float64, range: {max: 10}, sensitive: true}
  gone: int64
"""


def drop(seed: int, shift: float) -> pd.DataFrame:
    """400 rides."""
    rng = np.random.default_rng(seed)
    fare = rng.normal(20 + shift, 6, 400).round(2)
    fare[:20] = np.nan
    return pd.DataFrame(
        {
            "id": np.arange(400),
            "fare": fare,
            "kind": rng.choice(["taxi", "bus", "boat"] if shift else ["taxi", "bus"], 400),
            "paid": rng.random(400) < 0.5 + shift / 20,
            "day": pd.Series([pd.Timestamp("2026-01-01").date()] * 400),
            "tags": [["a"] * (i % 4) for i in range(400)],
            "seats": rng.integers(1, 5, 400),
            "home": rng.choice(["Zanzibar", "Rome", "Oslo"], 400),
            "pay": rng.choice([7731.25, 8842.75], 400),
        }
    )


def drifted() -> ValidationReport:
    """Rules of every ending, drift, sensitive columns, a column that is gone and one that is new."""
    now, then = drop(1, 8.0).assign(fresh=1.5), drop(2, 0.0).assign(gone=3)
    return fp.validate(now, CONTRACT, baseline=then, statistics=True)


def hostile(text: str) -> ValidationReport:
    """Names and values that are all this text."""
    then = pd.DataFrame({text: [text, text + "2"] * 50, "n": np.arange(100.0)})
    now = pd.DataFrame({text: [text, text + "3"] * 50, "n": np.arange(100.0) + 50, text * 2: [text] * 100})
    contract = {
        "columns": {text: {"type": "string", "values": [text], "drift": {"linf": 0.1}}, "n": {"type": "float64", "drift": {"psi": 0.1}}},
    }
    return fp.validate({text: now}, {"sources": {text: contract}}, baseline={text: then}, statistics=True)


def wide(columns: int) -> ValidationReport:
    """Many columns of numbers and texts, three of them drifted, one broken."""

    def frame(seed: int, shift: float) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        made: dict[str, Any] = {}
        for i in range(columns):
            if i % 5 == 4:
                made[f"text_{i:04d}"] = rng.choice([f"value {k}" for k in range(12)], 300)
            else:
                made[f"sensor_{i:04d}"] = rng.normal(i + (shift if i in (10, 20, 30) else 0.0), 1.0, 300)
        return pd.DataFrame(made)

    then, now = frame(1, 0.0), frame(2, 1.0)
    stated: dict[str, Any] = {name: {"type": "string" if name[0] == "t" else "float64"} for name in now.columns}
    stated["sensor_0001"]["range"] = {"max": 1.5}
    return fp.validate(now, {"columns": stated, "drift": {"jensen_shannon": 0.1}}, baseline=then, statistics=True)
