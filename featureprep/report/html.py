"""Pages from templates: one self-contained file each, nothing fetched, every value escaped, no script or style but our own."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import os
import posixpath
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featureprep.report import pictures
from featureprep.report.text import ending
from featureprep.report.visible import brief, one_line, shown, visible
from featureprep.report.words import learnt_words

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment
    from markupsafe import Markup

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


def _moment(text: object) -> object:
    """A point in time to the second, as people write it; other text as it is."""
    try:
        return dt.datetime.fromisoformat(str(text)).strftime("%Y-%m-%d %H:%M:%S %Z").strip()
    except ValueError:
        return text


def _coded(text: object) -> Markup:
    """Text with what stands between backticks as code."""
    from markupsafe import Markup

    parts = one_line(str(text), _MAX_VALUE).split("`")
    if len(parts) % 2 == 0:  # one of them is without its other
        parts = ["`".join(parts)]
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


def _rounded(seconds: object) -> object:
    return round(found, 2) if (found := pictures.number(seconds)) is not None else seconds


def _drawn(boxes: Mapping[str, Any], title: str) -> Markup:
    """A drawing made of `Boxes.to_json`."""
    from markupsafe import Markup

    from featureprep.report.boxes import Boxes
    from featureprep.report.drawing import boxes_svg

    return Markup(boxes_svg(Boxes.from_json(boxes), one_line(title)))  # noqa: S704  (it escapes what it is given)


def _compiled() -> BytecodeCache | None:
    """Where compiled templates are kept: where Python keeps what it compiled of this package, if it may; None where it may not."""
    import jinja2

    folder = Path(__file__).parent / "templates" / "__pycache__"
    try:
        if sys.dont_write_bytecode or not os.access(folder.parent, os.W_OK):
            return None
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    made_with = hashlib.sha256(f"{jinja2.__version__} {Path(__file__).stat().st_mtime_ns}".encode()).hexdigest()[:16]
    return jinja2.FileSystemBytecodeCache(str(folder), f"%s.{made_with}.jinja")


@cache
def _environment() -> Environment:
    from jinja2 import ChainableUndefined, Environment, PackageLoader
    from markupsafe import Markup

    found = Environment(
        loader=PackageLoader("featureprep.report"),
        bytecode_cache=_compiled(),
        autoescape=True,
        finalize=_finalize,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"brief": brief, "long": lambda text: _Long(text or ""), "missing": pictures.missing, "rounded": _rounded}
    found.filters |= {
        "basename": posixpath.basename,
        "coded": _coded,
        "ending": ending,
        "moment": _moment,
        "shown": shown,
        "words": learnt_words,
    }
    found.globals |= {
        "bar": pictures.bar,
        "bars": pictures.bars,
        "histogram": pictures.histogram,
        "percent": pictures.percent,
        "draw": _drawn,
        "data": _data,
    }
    assert found.loader is not None  # noqa: S101
    own = {name: found.loader.get_source(found, f"page.{name}")[0].strip() for name in ("css", "js")}
    found.globals |= {name: Markup(text) for name, text in own.items()}  # noqa: S704  (files of this package)
    found.globals["policy"] = Markup(  # noqa: S704
        f"default-src 'none'; script-src {_hash(own['js'])}; style-src {_hash(own['css'])}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return found


def _data(values: object) -> Markup:
    """JSON for a script element of the page: no character in it ends the element or starts markup."""
    from markupsafe import Markup

    text = json.dumps(values, separators=(",", ":"), allow_nan=False)  # what is not ASCII is escaped by it
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704


def _hash(text: str) -> str:
    """What a Content-Security-Policy calls an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


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
    from featureprep.report.view import view

    return page("report", report=report, **view(report))


_NO_VERSION = b'<span id="version"></span>'


def numbered(stored: bytes, version: int) -> bytes:
    """A stored page with its version's number: pages are written before the commit gives it."""
    return stored.replace(_NO_VERSION, _NO_VERSION.replace(b"><", b">@%d<" % version), 1)
