"""The virtualenv that TFDV lives in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from featureprep.venvs import Venv

VENV: Final = Venv(
    "tfdv",
    ("tensorflow-data-validation==1.16.1", "dill"),  # tfx-bsl imports dill, and does not say so
    pythons=("3.11",),
    constraints=Path(__file__).with_name("constraints.txt").read_text(encoding="utf-8"),
)
"""Made by `featureprep doctor --tfdv`; it takes 2 GB."""
