"""The pages of docs/ that are made from docstrings: engines.md, transforms.md, tables-and-expressions.md.

    python -m tools.write_pages [--check]

With --check nothing is written, and it exits 1 where a page is not what it would write.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import engines_page, tables_page, transforms_page

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = {"engines.md": engines_page.page, "transforms.md": transforms_page.page, "tables-and-expressions.md": tables_page.page}


def main(arguments: list[str] | None = None, folder: Path = DOCS) -> int:
    """Write the pages, or compare them."""
    parser = argparse.ArgumentParser(prog="python -m tools.write_pages", description="Make the pages of docs/ that come from docstrings.")
    parser.add_argument("--check", action="store_true", help="only say whether the pages are up to date")
    check = parser.parse_args(arguments).check
    old = []
    for name, make in PAGES.items():
        path, made = folder / name, make()
        if not check:
            path.write_text(made, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != made:
            old.append(name)
    if old:
        print(f"{', '.join(old)} out of date: run python -m tools.write_pages", file=sys.stderr)
    return int(bool(old))


if __name__ == "__main__":
    sys.exit(main())
