"""What every format tells of a rule that did not pass, for somebody who has never seen a contract: what, where, how to mend it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from featureprep.report.visible import one_line
from featureprep.validators.outcome import MASK, Outcome
from featureprep.validators.places import places_shown
from featureprep.validators.reasons import Status
from featureprep.validators.report import KINDS, ValidationReport, order, percent, rank, shown_example

LONGEST: Final = 300
"""Characters of a sentence that holds names or values of the data."""


@dataclass(frozen=True)
class Setting:
    """Where a report is read.

    Attributes
    ----------
    root : str
        The folder of the repository: contracts under it are named relative to it.
    sections : frozenset of str
        The sources that the contract names. A source that it does not name is called after its file, which is another one every day,
        so its name tells no rule from another.
    page : str
        What leads to a file of the repository on the web, with a `{path}` and a `{line}`; empty where nothing does.
    """

    root: str = field(default_factory=os.getcwd)
    sections: frozenset[str] = frozenset()
    page: str = ""

    @classmethod
    def of_environment(cls, environ: Mapping[str, str], sections: frozenset[str] = frozenset()) -> Setting:
        """As GitHub Actions and GitLab CI tell it by their variables; the working folder elsewhere."""
        root = environ.get("GITHUB_WORKSPACE") or environ.get("CI_PROJECT_DIR") or os.getcwd()
        page = ""
        if all(environ.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "SHA")):
            page = f"{environ['GITHUB_SERVER_URL']}/{environ['GITHUB_REPOSITORY']}/blob/{environ['GITHUB_SHA']}/{{path}}#L{{line}}"
        elif environ.get("CI_PROJECT_URL") and environ.get("CI_COMMIT_SHA"):
            page = f"{environ['CI_PROJECT_URL']}/-/blob/{environ['CI_COMMIT_SHA']}/{{path}}#L{{line}}"
        return cls(root, sections, page)


@dataclass(frozen=True)
class Finding:
    """One rule and how it ended, in plain words: no text of it has a line end, a control character, or no end.

    Attributes
    ----------
    name : str
        The source, as the report has it; "" where there is one without a name.
    key : str
        The rule's name that stays the same from run to run, as long as the contract has the rule.
    fingerprint : str
        32 hexadecimal digits of the contract's path and `key`: neither line nor figures are in it.
    section : str
        The source, where the contract names it; "" where its name is that of a file.
    path : str
        The contract's file with `/`, relative to the root where it lies under it; "" where it is not known.
    """

    outcome: Outcome
    name: str
    key: str
    fingerprint: str
    section: str
    path: str
    fails: bool

    @property
    def source(self) -> str:
        """The source's name as it is shown."""
        return one_line(self.name, LONGEST)

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return KINDS[rank(self.outcome)]

    @property
    def line(self) -> int:
        """In the contract, from 1."""
        return self.outcome.line or 1

    @property
    def place(self) -> str:
        """`file:line` in the contract; "" where the file is not known."""
        return ":".join(str(part) for part in (one_line(self.path, LONGEST), self.outcome.line) if part) if self.path else ""

    @property
    def rule(self) -> str:
        """What must hold."""
        return one_line(self.outcome.rule, LONGEST)

    @property
    def title(self) -> str:
        """What is wrong, in one line."""
        verb = "could not be held against" if self.outcome.status == Status.NOT_EVALUATED else "breaks"
        return f"{self.source or 'the data'} {verb} the rule: {self.rule}"

    @property
    def rows(self) -> str:
        """How many rows break it; "" where it counts none."""
        outcome = self.outcome
        if outcome.count is None or outcome.fraction is None:
            return ""
        return f"{outcome.count:,} of {outcome.total:,} rows ({percent(outcome.fraction)})"

    @property
    def examples(self) -> str:
        """A few values that break it, masked where they are sensitive; "" where there are none."""
        if self.outcome.masked:
            return f"{MASK} (sensitive)" if self.outcome.count else ""
        return ", ".join(one_line(shown_example(value)) for value in self.outcome.examples)

    @property
    def places(self) -> str:
        """Where a few of the rows stand that break it; "" where that is not known."""
        return "; ".join(one_line(place, LONGEST) for place in places_shown(self.outcome.rows))

    @property
    def accept(self) -> str:
        """What to change in the contract if the data is right after all; "" where nothing can be."""
        return "" if self.outcome.accept.startswith("nothing") else one_line(self.outcome.accept, LONGEST)

    @property
    def what(self) -> str:
        """How it ended, in sentences."""
        outcome = self.outcome
        message = one_line(outcome.message, LONGEST).rstrip(".")
        if outcome.status == Status.PASSED:
            return f"Holds. {message}".rstrip(" ")
        if outcome.status == Status.NOT_EVALUATED:
            allowed = " (which is allowed)" if not self.fails else ""
            return f"Could not be checked{allowed}: {message or 'the data was not looked at'}."
        said = [f"{message}."] if message else []
        if self.rows:
            taken = {"quarantine": "; they are set aside", "drop": "; they are left out"}.get(str(outcome.action), "")
            said.append(f"{self.rows} break{'s' if outcome.count == 1 else ''} it{taken}.")
        if self.examples:
            said.append(f"For example {self.examples}.")
        if self.places:
            said.append(f"See {self.places}.")
        return " ".join(said) or "Does not hold."

    @property
    def mend(self) -> str:
        """What to do about it."""
        if self.outcome.status == Status.PASSED:
            return ""
        place = f" ({self.place})" if self.place else ""
        if self.outcome.is_untaken:
            return f"Check it by other means{place}, and accept that here: {self.outcome.accept}."
        if self.outcome.status == Status.NOT_EVALUATED:
            said = "" if self.outcome.pardon == self.outcome.accept else " in the contract"
            return f"Give data on which it can be checked, or say {self.outcome.pardon}{said}{place}."
        return f"Mend the data. If the data is right, change the contract{place}: {self.accept}." if self.accept else "Mend the data."


def findings(report: ValidationReport, setting: Setting) -> list[Finding]:
    """What did not pass, worst first; then what passed, as the contract has it."""
    passed = [finding for finding in _all(report, setting) if finding.outcome.status == Status.PASSED]
    return broken(report, setting) + passed


def broken(report: ValidationReport, setting: Setting) -> list[Finding]:
    """What did not pass, worst first."""
    found = [finding for finding in _all(report, setting) if finding.outcome.status != Status.PASSED]
    return sorted(found, key=lambda finding: (_place(finding), order(finding.outcome), finding.name))


def _place(finding: Finding) -> int:
    """What fails the data comes first, what is allowed to be unknown last."""
    return 0 if finding.fails else 2 if finding.kind == "not_evaluated" else 1


def _all(report: ValidationReport, setting: Setting) -> Iterator[Finding]:
    paths = {file: relative(file, setting.root) for file in {outcome.file for outcome in report.outcomes}}
    for name, outcomes in report.sources.items():
        section = name if name in setting.sections or len(report.sources) > 1 else ""
        for outcome in outcomes:
            path = paths[outcome.file]
            raw = "/".join(filter(None, (section, outcome.id)))
            fingerprint = sha256(f"{path}\0{section}\0{outcome.id}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
            key = one_line(raw, LONGEST)
            if key != raw:  # what is cut or written otherwise may be what told two rules apart
                key = f"{key} {fingerprint[:8]}"
            yield Finding(outcome, name, key, fingerprint, section, path, report.fails(outcome))


def relative(file: str, root: str) -> str:
    """A path as it is written in the repository: from its root, with `/`; the whole path where it lies elsewhere, "" where it can be none."""
    try:
        os.fsencode(file)
    except UnicodeEncodeError:
        return ""
    if not file or "\0" in file:
        return ""
    folder, base = os.path.split(os.path.abspath(file))
    place = os.path.join(os.path.realpath(folder), base)  # a link to a contract is a file of the repository itself
    inside = os.path.relpath(place, os.path.realpath(root))
    outside = inside == ".." or inside.startswith(f"..{os.sep}")
    return (place if outside else inside).replace(os.sep, "/")


def heading(report: ValidationReport) -> str:
    """How the whole ended, in one sentence."""
    counts = report.counts()
    words = (
        ("errors", "{} rule is broken", "{} rules are broken"),
        ("not_evaluated", "{} could not be checked", "{} could not be checked"),
        ("warnings", "{} warns", "{} warn"),
        ("handled", "{} takes rows away", "{} take rows away"),
        ("passed", "{} holds", "{} hold"),
    )
    told = ", ".join((one if counts[kind] == 1 else several).format(f"{counts[kind]:,}") for kind, one, several in words if counts[kind])
    return f"The data {'meets' if report.ok else 'does not meet'} its contract: {told or 'it states no rule'}"
