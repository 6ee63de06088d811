"""One page that needs nothing else: what is wrong first, then how every column is distributed, beside the baseline."""

from __future__ import annotations

from featureprep.report.html import page
from featureprep.validators.formats.finding import Setting
from featureprep.validators.page.view import view
from featureprep.validators.report import ValidationReport


def render(report: ValidationReport, setting: Setting) -> str:
    """The page. Distributions are on it where the report was made with statistics."""
    return page("validation", **view(report, setting)).rstrip() + "\n"
