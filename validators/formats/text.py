"""A few lines for people at a terminal."""

from __future__ import annotations

from featureprep.validators.formats.finding import Setting
from featureprep.validators.report import ValidationReport


def render(report: ValidationReport, setting: Setting) -> str:
    """As `ValidationReport.render_text`."""
    return report.render_text()
