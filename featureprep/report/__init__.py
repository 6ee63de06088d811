"""The report of a run: as data (`build_report`), as one self-contained page (`render_html`), as a few lines of text (`render_text`)."""

from __future__ import annotations

from featureprep.report.build import build_report
from featureprep.report.html import render_html
from featureprep.report.text import render_text

__all__ = ["build_report", "render_html", "render_text"]
