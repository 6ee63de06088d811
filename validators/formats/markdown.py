"""Markdown for a pull request's comment or a job's summary: how it ended, a table of what did not pass, then all the rest, folded.

Rules, values and names come from data: they stand in `<code>` with everything that Markdown or HTML would obey written as entities.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from featureprep.report.visible import one_line
from featureprep.validators.formats.finding import LONGEST, Finding, Setting, findings, heading
from featureprep.validators.reasons import Status
from featureprep.validators.report import ValidationReport
from featureprep.validators.second_opinion import SecondOpinion

COMMENT: Final = 60_000
"""Bytes of UTF-8: a comment on GitHub may have 65,536 characters."""
_RESERVE: Final = 800
"""Bytes for what is said of the rows that do not fit, and for the ends of blocks."""
# an underscore inside a word is no emphasis; a colon or a dot makes a link only of an address
_OBEYED = re.compile(r"[&<>\\`*\[\]|~#@$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=/)|(?<=www)\.", re.IGNORECASE)
_KINDS: Final = {"errors": "error", "not_evaluated": "not checked", "handled": "rows taken away", "warnings": "warning"}


def render(report: ValidationReport, setting: Setting, *, limit: int = COMMENT) -> str:
    """At most `limit` bytes of UTF-8; what does not fit is cut at a row, and a sentence says so.

    Parameters
    ----------
    limit : int
        From 2,000.
    """
    found = findings(report, setting)
    bad = [finding for finding in found if finding.outcome.status != Status.PASSED]
    passed = [f"- {code(finding.rule)}" for finding in found if finding.outcome.status == Status.PASSED]
    several = len(report.sources) > 1
    head = f"| |{' source |' if several else ''} rule | rows that break it | for example | contract |"
    page = _Page(f"### {'✅' if report.ok else '❌'} {heading(report)}", limit)
    page.block([head, re.sub("[^|]+", "---", head)], [_row(finding, setting, several=several) for finding in bad], [""])
    page.block([], _unjudged(report), [""])
    page.block([], [f"**Note:** {code(note)}" for note in report.baseline_notes], [""])
    for name, opinion in report.opinions.items():
        of = f" on {code(name, 60)}" if len(report.opinions) > 1 else ""
        page.block([f"**Second opinion{of}.** {code(opinion.headline, 600)}", ""], _remarks(opinion), [""])
    page.fold("Checked otherwise than the file of the rules says", [f"- {code(note)}" for note in report.notes])
    page.fold("What to do", [f"- {code(finding.rule)}: {_advice(finding)}" for finding in bad])
    page.fold(f"{len(passed):,} rule{'s hold' if len(passed) != 1 else ' holds'}", passed)
    return page.text()


def code(text: str, most: int = LONGEST) -> str:
    """A text from data, shown as it is: no markup, link or mention comes of it, and no cell of a table ends in it."""
    shown = one_line(text, most)
    return f"<code>{_OBEYED.sub(lambda match: f'&#{ord(match.group())};', shown)}</code>" if shown else ""


class _Page:
    """Lines, as many as fit: blocks one after the other, until one of them does not fit whole."""

    def __init__(self, title: str, limit: int) -> None:
        self._lines = [title, ""]
        self._left = limit - _RESERVE - len(title.encode())
        self._full = False

    def block(self, head: Sequence[str], rows: Sequence[str], tail: Sequence[str]) -> None:
        """Rows between a head and a tail; those that do not fit are left out, which is said."""
        if not rows or self._full:
            return
        sizes = [len(line.encode("utf-8", "replace")) + 1 for line in rows]
        self._left -= sum(len(line) + 1 for line in (*head, *tail))
        kept = 0
        while kept < len(rows) and sizes[kept] <= self._left:
            self._left -= sizes[kept]
            kept += 1
        self._full = kept < len(rows)
        if kept:
            self._lines += [*head, *rows[:kept], *tail]
        if self._full:
            self._lines += [
                f"{len(rows) - kept:,} of {len(rows):,} are left out here, with all that would follow: the limit is reached.",
                "",
            ]

    def fold(self, title: str, rows: Sequence[str]) -> None:
        """The same, folded under a title."""
        self.block([f"<details><summary>{title}</summary>", ""], rows, ["", "</details>", ""])

    def text(self) -> str:
        """The page, ending with a line end."""
        return "\n".join(self._lines).rstrip("\n") + "\n"


def _unjudged(report: ValidationReport) -> list[str]:
    """A line a source with the columns of which nothing was judged."""
    made = []
    for name, columns in report.left_out.items():
        if columns:
            said = ", ".join(code(column, 60) for column in columns[:20])
            more = f" and {len(columns) - 20:,} more" if len(columns) > 20 else ""
            where = f" in {code(name)}" if name else ""
            made.append(f"- Not expected in {code(str(report.environment), 60)}, so not judged{where}: {said}{more}")
    return made


def _remarks(opinion: SecondOpinion) -> list[str]:
    """A line for each thing that is found, then those that were not asked about; a table needs its head among the rows, for there may be none."""
    rows = [
        f"| {remark.said_by} | {code(remark.title)} | {code(' '.join(remark.words))} | {code('; '.join(remark.rules))} |"
        for remark in opinion.remarks
    ]
    head = ["| found by | what | TFDV's words | our rules |", "|---|---|---|---|"] if rows else []
    return head + rows + [f"\nNot asked about ({code(why)}): {code('; '.join(rules))}" for why, rules in opinion.reasons()]


def _row(finding: Finding, setting: Setting, *, several: bool) -> str:
    mark = f"{'❌' if finding.fails else '⚪' if finding.kind == 'not_evaluated' else '⚠️'} {_KINDS[finding.kind]}"
    cells = [mark, code(finding.rule), finding.rows or code(finding.outcome.message), code(finding.examples), _link(finding, setting)]
    if several:
        cells.insert(1, code(finding.source))
    return f"| {' | '.join(cells)} |"


def _link(finding: Finding, setting: Setting) -> str:
    shown = code(finding.place)
    if not shown or not setting.page or finding.path.startswith("/"):
        return shown
    path = quote(finding.path.encode("utf-8", "replace"), safe="/")
    return f"[{shown}]({setting.page.replace('{line}', str(finding.line)).replace('{path}', path)})"


def _advice(finding: Finding) -> str:
    """What to do, with all that comes from data as code."""
    place = f" at {code(finding.place)}" if finding.place else ""
    if finding.outcome.status == Status.NOT_EVALUATED:
        why = code(finding.outcome.message or "the data was not looked at")
        if not finding.fails:
            return f"could not be checked ({why}), which is allowed."
        return f"could not be checked ({why}): give data on which it can be, or say {code(finding.outcome.pardon.replace('`', ''))}{place}."
    accept = f" If the data is right, change the contract{place}: {code(finding.accept)}." if finding.accept else ""
    return f"mend the data.{accept}"
