"""A notebook's fragment as a page of its own."""

from __future__ import annotations

from html import escape

from featureprep.report.visible import one_line

_STYLE = ":root{color-scheme:light dark}body{margin:1.2em auto;padding:0 1em;max-width:76em;font:15px/1.5 system-ui,sans-serif}"


def page_of(title: str, fragment: str) -> str:
    """One self-contained HTML page, light or dark as the reader's system is. `fragment` is HTML that was made here."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(one_line(title))}</title><style>{_STYLE}</style></head><body>{fragment}</body></html>\n"
    )
