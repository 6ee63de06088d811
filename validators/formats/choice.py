"""The formats by name."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from featureprep.validators.formats.finding import Setting
from featureprep.validators.report import ValidationReport

FORMATS: Final = ("text", "json", "junit", "sarif", "github", "gitlab", "markdown", "html")


def render(name: str, report: ValidationReport, setting: Setting) -> str:
    """A report in one of `FORMATS`, ending with a line end."""
    made: str = import_module(f"featureprep.validators.formats.{name}").render(report, setting)
    return made
