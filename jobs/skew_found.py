"""What was found where served features were held against the version that should have made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from featureprep.canonical import to_jsonable
from featureprep.errors import ContractError
from featureprep.validators.outcome import MASK

FORMAT: Final = 1
ALLOWED: Final = ("float32", "null", "missing")
"""What need not fail: features that agree once rounded to 32 bits; null where NaN is computed; features that the log does not have."""


@dataclass(frozen=True)
class Example:
    """A row whose feature was served otherwise than it is computed.

    Attributes
    ----------
    place : str
    kind : str
        "float32", "null", "other" or "malformed": what was served is no value of the feature's type.
    served, computed : Any
        As Python values.
    """

    place: str
    kind: str
    served: Any
    computed: Any


@dataclass
class FeatureSkew:
    """One feature.

    Attributes
    ----------
    counts : dict of kind to rows
        Rows that differ: only by rounding to 32 bits ("float32"), only by null for NaN ("null"), otherwise ("other",
        "malformed").
    examples : list of Example
        The first rows of each kind.
    missing : bool
        The log has it in no row.
    masked : bool
        It is computed of a sensitive column: no value is told.
    """

    name: str
    type: str
    masked: bool = False
    missing: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """That differ."""
        return sum(self.counts.values())

    def to_json(self) -> dict[str, Any]:
        examples = [
            {
                "place": example.place,
                "kind": example.kind,
                "served": MASK if self.masked else to_jsonable(example.served),
                "computed": MASK if self.masked else to_jsonable(example.computed),
            }
            for example in self.examples
        ]
        return {
            "name": self.name,
            "type": self.type,
            "missing": self.missing,
            "rows": self.rows,
            "kinds": self.counts,
            "examples": examples,
        }


@dataclass
class Rejected:
    """Rows for which features were served, and that the version rejects by a rule."""

    rule: str
    rows: int = 0
    places: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class SkewReport:
    """How the features that a log says were served compare with those that the version computes.

    Attributes
    ----------
    version : str
        "trips@3".
    rows : int
        Of the log.
    differing : int
        Rows in which any feature differs, for which nothing was served, or that the version rejects though features were served.
    features : sequence of FeatureSkew
        Those that differ in most rows first; then those that agree, in the version's order.
    rejected : sequence of Rejected
    allow : tuple of str
        What does not fail.
    notes : sequence of str
        What is worth knowing besides.
    unserved : int
        Rows that the version admits, and for which no feature was served, though some are computed; not counted at the features.
    unserved_places : sequence of str
        The first of them.
    not_admitted : int
        Rows that the version does not admit (`graph.admits`), and for which nothing was served: they agree.
    """

    version: str
    rows: int
    differing: int
    features: Sequence[FeatureSkew]
    rejected: Sequence[Rejected] = ()
    allow: tuple[str, ...] = ()
    notes: Sequence[str] = ()
    unserved: int = 0
    unserved_places: Sequence[str] = ()
    not_admitted: int = 0

    @property
    def ok(self) -> bool:
        """Whether there are rows, and all features were served as they are computed (but for what is allowed)."""
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """0, or 1 where there is skew."""
        return int(self.rows == 0 or bool(self.rejected) or self.unserved > 0 or any(self.fails(feature) for feature in self.features))

    def fails(self, feature: FeatureSkew) -> bool:
        """Whether this feature alone is skew."""
        if feature.missing:
            return "missing" not in self.allow
        return any(rows for kind, rows in feature.counts.items() if kind not in self.allow)

    @property
    def headline(self) -> str:
        """How it ended, on one line."""
        bad = [feature for feature in self.features if feature.rows]
        missing = sum(feature.missing for feature in self.features)
        if not self.rows:
            return f"skew of {self.version} cannot be told: the log has no rows"
        told = []
        if bad or self.rejected or self.unserved:
            were = "was" if self.differing == 1 else "were"
            told.append(f"{self.differing:,} of {self.rows:,} rows {were} served otherwise than {self.version} computes them")
        else:
            agree = len(self.features) - missing
            told.append(f"{agree} features of {self.version} agree bit for bit in {self.rows:,} rows")
        if bad:
            told.append(f"{len(bad)} of {len(self.features)} features differ{'s' if len(bad) == 1 else ''}")
        if missing:
            told.append(f"{missing} {'is' if missing == 1 else 'are'} not in the log")
        verdict = "SKEW" if not self.ok else "no skew but what is allowed" if bad or missing else "no skew"
        return f"{verdict}: {'; '.join(told)}"

    def raise_for_errors(self) -> None:
        """Nothing where there is no skew.

        Raises
        ------
        ContractError
            With the features that differ, and how often.
        """
        if self.ok:
            return
        from featureprep.jobs.skew_shown import lines

        raise ContractError("\n  ".join(line for line in lines(self) if line), hint="featureprep trace shows each step of one row")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "format": FORMAT,
            "ok": self.ok,
            "version": self.version,
            "rows": self.rows,
            "differing": self.differing,
            "features": [feature.to_json() for feature in self.features],
            "rejected": [{"rule": one.rule, "rows": one.rows, "places": one.places} for one in self.rejected],
            "unserved": {"rows": self.unserved, "places": list(self.unserved_places)},
            "not_admitted": self.not_admitted,
            "allow": list(self.allow),
            "notes": list(self.notes),
        }

    def render_text(self) -> str:
        """For people: what differs, with examples."""
        from featureprep.jobs.skew_shown import lines

        return "\n".join(lines(self)) + "\n"

    def __repr__(self) -> str:
        return f"SkewReport: {self.headline}"

    def _repr_html_(self) -> str:
        from featureprep.jobs.skew_shown import skew_html

        return skew_html(self)


def worst_first(features: Mapping[str, FeatureSkew]) -> list[FeatureSkew]:
    """Those that differ in most rows first, then those that are missing; the others as they were."""
    return sorted(features.values(), key=lambda feature: (-feature.rows, not feature.missing))
