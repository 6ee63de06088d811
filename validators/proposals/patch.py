"""A change of a text as a unified diff, which `git apply` and `patch` take."""

from __future__ import annotations

import difflib
import json


def unified(old: str, new: str, path: str) -> str:
    """The diff; "" where nothing is different.

    Parameters
    ----------
    path : str
        What the file is called from where the patch will be applied, with `/`.
    """
    if old == new:
        return ""
    diff = difflib.unified_diff(_lines(old), _lines(new), _name(f"a/{path}"), _name(f"b/{path}"))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in diff)


def _lines(text: str) -> list[str]:
    """At line feeds alone: other breaks are no line's end to patch."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _name(path: str) -> str:
    """As git writes it: quoted where it holds odd characters; a tab ends a name with blanks."""
    if not path.isprintable() or '"' in path or "\\" in path:
        return json.dumps(path)
    return f"{path}\t" if " " in path else path
