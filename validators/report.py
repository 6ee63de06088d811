"""The validation report: every rule of every source and how it ended, worst first."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final

from featureprep.errors import ContractError
from featureprep.validators.moments import FarMoment
from featureprep.validators.outcome import MASK, Outcome, worst
from featureprep.validators.places import places_shown
from featureprep.validators.reasons import Severity, Status
from featureprep.validators.second_opinion import Sayer, SecondOpinion
from featureprep.validators.seen import Seen

FORMAT: Final = 1
_EXAMPLE: Final = 60
_NOTE: Final = 300
_MOST: Final = 8
"""Rules that are named of those another tool was not asked about for one reason."""
_SAID: Final = {Sayer.BOTH: "BOTH", Sayer.US: "ONLY featureprep", Sayer.THEM: "ONLY TFDV"}


@dataclass(frozen=True)
class ValidationReport:
    """Outcomes by source.

    Attributes
    ----------
    sources : mapping of name to outcomes
        As `SourceContract.evaluate` gives them; the name "" stands for a single, unnamed source.
    environment : str or None
        The environment they were judged in.
    left_out : mapping of name to column names
        Columns that the contract does not expect in this environment: no rule about them was judged.
    fail_on : Severity
        With `warn`, every rule that is broken fails the data: those that only warn, and those that take rows away.
    opinions : mapping of source to SecondOpinion
        What another tool says, where one was asked; it fails nothing.
    notes : tuple of str
        What the contract, read from a file of another format, checks otherwise than that says.
    baseline_notes : tuple of str
        That cells of the baseline do not fit their type, so that they count as missing there; values are not in it.
    contract : bytes
        The contract's file as it was read, of which the page shows the lines of broken rules; empty where there is none.
    seen : mapping of source to Seen
        The columns of the sources, for the page; empty where no statistics were asked for.
    """

    sources: Mapping[str, Sequence[Outcome]]
    environment: str | None = None
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fail_on: Severity = Severity.ERROR
    opinions: Mapping[str, SecondOpinion] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    contract: bytes = field(default=b"", repr=False)
    seen: Mapping[str, Seen] = field(default_factory=dict, repr=False)
    baseline_notes: tuple[str, ...] = ()

    @property
    def outcomes(self) -> list[Outcome]:
        """All outcomes, in the contract's order."""
        return [outcome for outcomes in self.sources.values() for outcome in outcomes]

    @property
    def ok(self) -> bool:
        """Whether the data meets its contract: nothing failed with severity error (or `fail_on`), everything was evaluated."""
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """0, or 1 where the contract failed."""
        return int(any(self.fails(outcome) for outcome in self.outcomes))

    def fails(self, outcome: Outcome) -> bool:
        """Whether this outcome alone fails the data."""
        return outcome.blocking or (self.fail_on == Severity.WARN and outcome.status == Status.FAILED)

    def counts(self) -> dict[str, int]:
        """How many rules ended how: passed, errors, warnings, handled (rows quarantined or dropped), not_evaluated."""
        made = dict.fromkeys(("passed", "errors", "warnings", "handled", "not_evaluated"), 0)
        for outcome in self.outcomes:
            made[KINDS[rank(outcome)]] += 1
        return made

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "format": FORMAT,
            "ok": self.ok,
            "environment": self.environment,
            "counts": self.counts(),
            "sources": {
                name: {"left_out": list(self.left_out.get(name, ())), "outcomes": [outcome.to_json() for outcome in outcomes]}
                for name, outcomes in self.sources.items()
            },
            **({"opinions": {name: opinion.to_json() for name, opinion in self.opinions.items()}} if self.opinions else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
            **({"baseline_notes": list(self.baseline_notes)} if self.baseline_notes else {}),
        }

    @property
    def headline(self) -> str:
        """How it ended, on one line, such as `contract FAILED: 25 passed, 1 error`."""
        told = [f"{n} {_WORDS[kind][n != 1]}" for kind, n in self.counts().items() if n or kind == "passed"]
        strict = "" if self.ok or worst(self.outcomes) else " (warnings fail here)"
        return f"contract {'met' if self.ok else 'FAILED'}: {', '.join(told)}{strict}"

    def raise_for_errors(self) -> None:
        """Nothing where the data meets its contract.

        Raises
        ------
        ContractError
            With the first 10 rules that fail it, their counts, examples and places in the contract.
        """
        failed = [(name, outcome) for name, outcomes in self.sources.items() for outcome in outcomes if self.fails(outcome)]
        if not failed:
            return
        shown = "\n  ".join(f"{name}: {_sentence(outcome)}" if name else _sentence(outcome) for name, outcome in failed[:10])
        more = f"\n  and {len(failed) - 10} more" if len(failed) > 10 else ""
        raise ContractError(
            f"{len(failed)} rule{'s' if len(failed) > 1 else ''} of the contract failed:\n  {shown}{more}",
            where=failed[0][1].place or None,
            hint="mend the data; or change the contract, if this is how the data should be",
        )

    def __repr__(self) -> str:
        return f"ValidationReport: {self.headline}"

    def _repr_html_(self) -> str:
        from featureprep.validators.report_shown import report_html

        return report_html(self)

    def to_html(self) -> str:
        """One page that needs nothing else, as `featureprep validate --format html` writes it.

        What did not pass comes first; then, where the report was made with `statistics=True`, how each column is distributed, beside the
        baseline. Values of sensitive columns are not in it.
        """
        from featureprep.validators.formats.finding import Setting
        from featureprep.validators.formats.html import render

        return render(self, Setting())

    def render_text(self, *, limit: int = 50) -> str:
        """What did not pass, worst first, at most `limit` rules a source, with counts, shares, examples and contract file:line."""
        lines = [self.headline]
        for name, outcomes in self.sources.items():
            bad = sorted((o for o in outcomes if o.status != Status.PASSED), key=order)
            if name and (bad or self.left_out.get(name)):
                lines += ["", f"source {_printable(name)}"]
            if self.left_out.get(name):
                shown = ", ".join(_printable(column) for column in self.left_out[name])
                lines += ["", f"not expected in {_printable(str(self.environment))}, not judged: {shown}"]
            for outcome in bad[:limit]:
                lines += ["", *_lines(outcome)]
            if len(bad) > limit:
                lines += ["", f"... and {len(bad) - limit} more"]
        if told := (*self.baseline_notes, *self.notes):
            lines += ["", *(f"note: {_printable(note, _NOTE)}" for note in told)]
        for name, opinion in self.opinions.items():
            lines += ["", *_opinion_lines(name if len(self.opinions) > 1 else "", opinion, limit)]
        return "\n".join(lines) + "\n"


KINDS: Final = ("errors", "not_evaluated", "handled", "warnings", "passed")
_WORDS: Final = {
    "passed": ("passed", "passed"), "errors": ("error", "errors"), "warnings": ("warning", "warnings"),
    "handled": ("rule takes rows away", "rules take rows away"), "not_evaluated": ("not evaluated", "not evaluated"),
}  # fmt: skip
LABELS: Final = ("ERROR", "NOT EVALUATED", "HANDLED", "WARNING", "PASSED")


def rank(outcome: Outcome) -> int:
    """Where it stands among others, and of which `KINDS` it is: 0 fails the contract, 4 has passed."""
    if outcome.status == Status.PASSED:
        return 4
    if outcome.status == Status.NOT_EVALUATED:
        return 1
    if outcome.blocking:
        return 0
    return 3 if outcome.severity == Severity.WARN else 2


def order(outcome: Outcome) -> tuple[int, float, float, int, str]:
    """Worst first: by rank, by the share of rows, by how many times its threshold a measure is, then as the contract has them."""
    share = outcome.fraction if outcome.fraction is not None else 1.0
    return (rank(outcome), -share, -_excess(outcome), outcome.line or 0, outcome.id)


def _excess(outcome: Outcome) -> float:
    """What was measured over what may be, infinite values (null in figures) first; 0 where nothing was measured, or no threshold is stated."""
    figures = outcome.figures or {}
    if figures.get("threshold") is None:
        return 0.0
    value, threshold = figures.get("value"), figures["threshold"]
    return float(value) / threshold if value is not None and threshold else math.inf


def _sentence(outcome: Outcome) -> str:
    count = f" ({outcome.count:,} of {outcome.total:,} rows)" if outcome.count is not None else ""
    examples = f", for example {', '.join(map(repr, outcome.examples[:3]))}" if outcome.examples else ""
    return f"{outcome.rule}: {outcome.message or outcome.reason}{count}{examples} [{outcome.place}]"


def _lines(outcome: Outcome) -> list[str]:
    label = LABELS[rank(outcome)]
    made = [f"{label}: {_printable(outcome.rule, 200)}" + (f"  [{_printable(outcome.place, 300)}]" if outcome.place else "")]
    if outcome.message:
        made.append(f"  {_printable(outcome.message, 300)}")
    if outcome.count is not None and outcome.fraction is not None:
        action = {"quarantine": ", quarantined", "drop": ", dropped"}.get(str(outcome.action), "")
        made.append(f"  {outcome.count:,} of {outcome.total:,} rows ({percent(outcome.fraction)}){action}")
    if outcome.masked and outcome.count:
        made.append(f"  for example {MASK} (sensitive)")
    elif outcome.examples:
        made.append("  for example " + ", ".join(shown_example(value) for value in outcome.examples))
    if outcome.rows:
        made.append("  at " + "; ".join(_printable(place, 300) for place in places_shown(outcome.rows)))
    if outcome.status == Status.FAILED:
        made.append(f"  {outcome.reason}; to accept it: {_printable(outcome.accept, 300)}")
    else:
        made.append(f"  to accept that: {outcome.pardon}")
    return made


def _opinion_lines(name: str, opinion: SecondOpinion, limit: int) -> list[str]:
    made = [f"second opinion{f' on {_printable(name)}' if name else ''}: {_printable(opinion.headline, 600)}"]
    for remark in opinion.remarks[:limit]:
        made += ["", f"{_SAID[remark.said_by]}: {_printable(remark.title, 200)}"]
        made += [f"  TFDV: {_printable(words, 300)}" for words in remark.words]
        made += [f"  {_printable(rule, 300)}" for rule in remark.rules]
    if len(opinion.remarks) > limit:
        made += ["", f"... and {len(opinion.remarks) - limit} more"]
    if opinion.unasked and not opinion.why:
        made += ["", "TFDV was not asked about"]
        for why, rules in opinion.reasons():
            more = f" and {len(rules) - _MOST} more" if len(rules) > _MOST else ""
            made.append(f"  {'; '.join(_printable(rule, 120) for rule in rules[:_MOST])}{more}: {why}")
    return made


def percent(share: float) -> str:
    """A share as people read it: 12.34%, or 1 in so many where it is tiny."""
    return f"{share:.2%}" if share >= 0.0001 or not share else f"1 in {1 / share:,.0f}"


def shown_example(value: Any) -> str:
    """A value that breaks a rule, or the cells of a row, on one line, cut."""
    if isinstance(value, dict):
        return "(" + ", ".join(f"{_printable(name)}={shown_example(item)}" for name, item in value.items()) + ")"
    return _quoted(value) if isinstance(value, str) and not isinstance(value, FarMoment) else _printable(str(value))


def _quoted(text: str) -> str:
    r"""A text in quotes as Python writes it, cut: a line end is `\n`, so a backslash before an n is `\\n`."""
    widths = list(accumulate(len(repr(character)) - 2 for character in text[: _EXAMPLE + 1]))
    if not widths or widths[-1] <= _EXAMPLE:
        return repr(text)
    return repr(text[: bisect_right(widths, _EXAMPLE - 1)] + "…")


def _printable(text: str, limit: int = _EXAMPLE) -> str:
    """Without control characters (data is shown on terminals), cut."""
    safe = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: limit + 1])
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"
