"""Everything, for programs."""

from __future__ import annotations

import json
import re

from featureprep.canonical import to_jsonable
from featureprep.validators.formats.finding import Setting
from featureprep.validators.report import ValidationReport

_HALVES = re.compile("[\ud800-\udfff]")


def render(report: ValidationReport, setting: Setting) -> str:
    r"""As `ValidationReport.to_json`, indented; halves of characters, which UTF-8 does not have, as `\ud800`."""
    text = json.dumps(to_jsonable(report.to_json()), indent=2, ensure_ascii=False, allow_nan=False)
    return _HALVES.sub(lambda match: f"\\u{ord(match.group()):04x}", text) + "\n"
