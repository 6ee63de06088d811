"""The validation report: every rule of every source and how it ended, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from featureprep.validators.outcome import MASK, Outcome, worst
from featureprep.validators.reasons import Severity, Status

FORMAT: Final = 1
_EXAMPLE: Final = 60


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
    """

    sources: Mapping[str, Sequence[Outcome]]
    environment: str | None = None
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def outcomes(self) -> list[Outcome]:
        """All outcomes, in the contract's order."""
        return [outcome for outcomes in self.sources.values() for outcome in outcomes]

    @property
    def ok(self) -> bool:
        """Whether the data meets its contract: nothing failed with severity error, everything was evaluated."""
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """0, or 1 where the contract failed."""
        return worst(self.outcomes)

    def counts(self) -> dict[str, int]:
        """How many rules ended how: passed, errors, warnings, handled (rows quarantined or dropped), not_evaluated."""
        made = dict.fromkeys(("passed", "errors", "warnings", "handled", "not_evaluated"), 0)
        for outcome in self.outcomes:
            made[_KINDS[_rank(outcome)]] += 1
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
        }

    def render_text(self, *, limit: int = 50) -> str:
        """What did not pass, worst first, at most `limit` rules a source, with counts, shares, examples and contract file:line."""
        counts = self.counts()
        told = [f"{n} {_WORDS[kind][n != 1]}" for kind, n in counts.items() if n or kind == "passed"]
        lines = [f"contract {'met' if self.ok else 'FAILED'}: {', '.join(told)}"]
        for name, outcomes in self.sources.items():
            bad = sorted((o for o in outcomes if o.status != Status.PASSED), key=_order)
            if name and (bad or self.left_out.get(name)):
                lines += ["", f"source {_printable(name)}"]
            if self.left_out.get(name):
                shown = ", ".join(_printable(column) for column in self.left_out[name])
                lines += ["", f"not expected in {self.environment}, not judged: {shown}"]
            for outcome in bad[:limit]:
                lines += ["", *_lines(outcome)]
            if len(bad) > limit:
                lines += ["", f"... and {len(bad) - limit} more"]
        return "\n".join(lines) + "\n"


_KINDS: Final = ("errors", "not_evaluated", "handled", "warnings", "passed")
_WORDS: Final = {
    "passed": ("passed", "passed"), "errors": ("error", "errors"), "warnings": ("warning", "warnings"),
    "handled": ("rule takes rows away", "rules take rows away"), "not_evaluated": ("not evaluated", "not evaluated"),
}  # fmt: skip
_LABELS: Final = ("ERROR", "NOT EVALUATED", "HANDLED", "WARNING", "PASSED")


def _rank(outcome: Outcome) -> int:
    if outcome.status == Status.PASSED:
        return 4
    if outcome.status == Status.NOT_EVALUATED:
        return 1
    if outcome.blocking:
        return 0
    return 3 if outcome.severity == Severity.WARN else 2


def _order(outcome: Outcome) -> tuple[int, float, int, str]:
    return (_rank(outcome), -(outcome.fraction if outcome.fraction is not None else 1.0), outcome.line or 0, outcome.id)


def _lines(outcome: Outcome) -> list[str]:
    label = _LABELS[_rank(outcome)]
    made = [f"{label}: {_printable(outcome.rule, 200)}" + (f"  [{outcome.place}]" if outcome.place else "")]
    if outcome.message:
        made.append(f"  {_printable(outcome.message, 300)}")
    if outcome.count is not None and outcome.fraction is not None:
        action = {"quarantine": ", quarantined", "drop": ", dropped"}.get(str(outcome.action), "")
        made.append(f"  {outcome.count:,} of {outcome.total:,} rows ({_percent(outcome.fraction)}){action}")
    if outcome.masked and outcome.count:
        made.append(f"  for example {MASK} (sensitive)")
    elif outcome.examples:
        made.append("  for example " + ", ".join(_example(value) for value in outcome.examples))
    if outcome.status == Status.FAILED:
        made.append(f"  {outcome.reason}; to accept it: {outcome.accept}")
    else:
        made.append("  to accept that: `allow_not_evaluated: true`")
    return made


def _percent(share: float) -> str:
    return f"{share:.2%}" if share >= 0.0001 or not share else f"1 in {1 / share:,.0f}"


def _example(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{_printable(name)}={_example(item)}" for name, item in value.items()) + ")"
    text = value if isinstance(value, str) else str(value)
    return repr(_printable(text)) if isinstance(value, str) else _printable(text)


def _printable(text: str, limit: int = _EXAMPLE) -> str:
    """Without control characters (data is shown on terminals), cut."""
    safe = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: limit + 1])
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"
