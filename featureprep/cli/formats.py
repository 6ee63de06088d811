"""`--format`: which reports of a validation are made, and where each goes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from featureprep.cli.hints import as_flags, of_command_line
from featureprep.cli.output import check_writable
from featureprep.errors import DataError, FeatureprepError, RequestError, short
from featureprep.outfile import write_file

if TYPE_CHECKING:
    from featureprep.validators.contract import Contract
    from featureprep.validators.formats.finding import Setting
    from featureprep.validators.report import ValidationReport

NAMES = ("text", "json", "junit", "sarif", "github", "gitlab", "markdown", "html")


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    name, equals, path = incomplete.partition("=")
    return [CompletionItem(path, type="file")] if equals else [CompletionItem(each) for each in NAMES if each.startswith(name)]


format_option = click.option(
    "--format", "formats", multiple=True, metavar="NAME[=PATH]", shell_complete=_names,
    help=f"Of the report: {', '.join(NAMES)}; printed, or written to a file with =PATH; repeatable (default: text).",
)  # fmt: skip
fail_on_option = click.option(
    "--fail-on", type=click.Choice(("error", "warn")), default="error", show_default=True,
    help="With warn, whatever is broken fails: rules that only warn, and those that take rows away.",
)  # fmt: skip


@dataclass(frozen=True)
class Reports:
    """The formats that were asked for.

    Attributes
    ----------
    shown : str or None
        The one that is printed.
    files : mapping of path to format
        In the order of the command line.
    """

    shown: str | None
    files: Mapping[str, str]

    @classmethod
    def of(cls, given: Sequence[str], output: str | None, *, as_json: bool) -> Reports:
        """What `--format`, `-o` and `--json` mean together; `-o` is where the one goes that would be printed.

        Raises
        ------
        RequestError
            For an unknown format, two that would be printed, two for one file, and a file that cannot be made.
        """
        bare: list[str] = []
        files: dict[str, str] = {}
        for text in given:
            name, equals, path = text.partition("=")
            if name not in NAMES:
                raise RequestError(f"--format {short(name)} is no format", hint=f"one of {', '.join(NAMES)}; sarif=PATH writes to a file")
            if not equals:
                bare.append(name)
            elif not path:
                raise RequestError(f"--format {name}= has no path", hint=f"--format {name}=PATH")
            else:
                _add(files, path, name)
        if len(bare) > 1:
            raise RequestError(
                f"only one format can be printed, not {' and '.join(bare)}", hint=f"--format {bare[1]}=PATH writes to a file"
            )
        shown = bare[0] if bare else None
        if as_json and shown not in (None, "text", "json"):
            raise RequestError(f"only one format can be printed, not json and {shown}", hint="--format json=PATH writes to a file")
        if as_json:
            shown = "json"
        elif shown is None and (output is not None or not files):
            shown = "text"
        if output is not None and shown is not None:
            _add(files, output, shown)
            shown = None
        for path in files:
            check_writable(path)
        return cls(shown, files)

    @property
    def drawn(self) -> bool:
        """Whether one of them draws the columns."""
        return "html" in (self.shown, *self.files.values())

    def write(self, report: ValidationReport, contract: Contract) -> None:
        """Print the one, write the others, and tell where they are."""
        from featureprep.validators.formats.choice import render
        from featureprep.validators.formats.finding import Setting

        setting = Setting.of_environment(os.environ, frozenset(name for name in contract.names if name))
        for path, name in self.files.items():
            write_file(path, render(name, report, setting))
        if self.shown is not None:
            click.echo(render(self.shown, report, setting), nl=False)
        if self.files:
            paths = list(self.files)
            told = f"the report is in {paths[0]}" if len(paths) == 1 else f"the reports are in {', '.join(paths)}"
            click.echo(f"{'met' if report.ok else 'FAILED'}: {told}", err=True)
        if "github" in (self.shown, *self.files.values()):
            _summarize(report, setting)


def unread(error: FeatureprepError, contract: Contract, sources: Mapping[str, Any]) -> ValidationReport:
    """The report of data that could not be read to its end: nothing of the contract was checked."""
    from featureprep.validators.outcome import Outcome
    from featureprep.validators.reasons import Action, Reason, Severity, Status
    from featureprep.validators.report import ValidationReport

    hint = as_flags(error.hint) if of_command_line(click.get_current_context()) else error.hint
    quoted = isinstance(error, DataError) and any(section.sensitive for section in contract.sources)
    what = "a record is not as it should be (what it holds is not told: columns are sensitive)" if quoted else error.what
    said = "; ".join(filter(None, (what, f"at {error.where}" if error.where else "", hint)))
    outcome = Outcome(
        id="$data/readable", rule="the data can be read, so that its contract can be checked", column=None, check="readable",
        reason=Reason.CUSTOM_VALIDATION, status=Status.FAILED, severity=Severity.ERROR, action=Action.FAIL, message=said,
        file=contract.file, line=contract.sources[0].line,
        accept="nothing: without its rows no rule can be checked",
    )  # fmt: skip
    return ValidationReport({", ".join(sources): [outcome]}, contract=contract.content)


def _is_same(path: str, other: str) -> bool:
    """Whether two paths are one file that is there."""
    return os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other)


def _add(files: dict[str, str], path: str, name: str) -> None:
    if any(os.path.realpath(path) == os.path.realpath(other) or _is_same(path, other) for other in files):
        raise RequestError("two reports are to be written to one file", where=path, hint="a path of its own for each")
    files[path] = name


def _summarize(report: ValidationReport, setting: Setting) -> None:
    from featureprep.validators.formats.github import summary

    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        told = None if summary(report, setting, path) else "it is full"
    except OSError as error:  # the gate's word does not depend on it
        told = error.strerror or str(error)
    if told:
        click.echo(f"warning: the summary of the job could not be written: {told}", err=True)
