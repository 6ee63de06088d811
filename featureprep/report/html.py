"""Pages from templates: one self-contained file each, no script, nothing fetched, every value escaped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from featureprep.report.visible import brief, one_line, visible

if TYPE_CHECKING:
    from jinja2 import Environment

_MAX_VALUE = 200
_MAX_TEXT = 100_000


class _Long(str):
    """Text that is shown at length, with its line ends."""

    __slots__ = ()


def _finalize(value: Any) -> Any:
    """What every `{{ }}` passes: no value gets onto a page in another way."""
    if hasattr(value, "__html__") or not isinstance(value, str):
        return value
    return visible(value, _MAX_TEXT) if isinstance(value, _Long) else one_line(value, _MAX_VALUE)


@cache
def _environment() -> Environment:
    from jinja2 import ChainableUndefined, Environment, PackageLoader

    found = Environment(
        loader=PackageLoader("featureprep.report"),
        autoescape=True,
        finalize=_finalize,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"brief": brief, "long": lambda text: _Long(text or "")}
    return found


def page(template: str, **values: Any) -> str:
    """A page by the name of its template (`<name>.html.j2`)."""
    return _environment().get_template(f"{template}.html.j2").render(**values)


def render_html(report: Mapping[str, Any]) -> str:
    """The report as one HTML page that needs nothing else.

    Parameters
    ----------
    report : mapping
        As `build_report` gives it; whatever is missing is left out of the page.
    """
    return page("report", report=report)
