"""The group of verbs, and how every call ends: its exit code, and one clear message where it fails.

Exit codes: 0 good, 1 the data failed, 2 the request is wrong, 3 the world failed; 130 interrupted, 141 the reader of the output left.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from featureprep import __version__
from featureprep.cli.failure import INTERNAL, Failure, show
from featureprep.cli.hints import as_flags, of_command_line
from featureprep.cli.verb import debug_option
from featureprep.errors import FeatureprepError, said

GROUPS = {
    "Begin": ("new", "infer", "contract", "validate", "stats"),
    "Run": ("preview", "explain", "run", "apply", "resume"),
    "Look at what was made": ("datasets", "report", "lineage", "diff", "trace", "skew"),
    "Keep house": ("tag", "vacuum", "doctor", "completion"),
}
VERBS = tuple(name for names in GROUPS.values() for name in names)
INTERRUPTED = 130
READER_GONE = 141


class Verbs(click.Group):
    """Verbs by name, each in a module of its own that is imported when it is met."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"featureprep.cli.verb_{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs, by what one is about to do."""
        for heading, names in GROUPS.items():
            with formatter.section(heading):
                found = [(name, command.get_short_help_str(100)) for name in names if (command := self.get_command(ctx, name)) is not None]
                formatter.write_dl(found)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(args[0], VERBS, n=2)
            ctx.fail(
                f"there is no verb {args[0][:80]!r}. " + (f"Did you mean {' or '.join(close)}?" if close else "See featureprep --help.")
            )
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
             standalone_mode: bool = True, windows_expand_args: bool = True, **extra: Any) -> Any:  # fmt: skip
        """Run a command line; ends the process with its exit code, or returns it where not `standalone_mode`."""
        given = list(sys.argv[1:] if args is None else args)
        name = prog_name or "featureprep"
        self._main_shell_completion(extra, name, complete_var)
        code = self._ended(given, name, extra)
        if standalone_mode:
            sys.exit(code)
        return code

    def _ended(self, given: list[str], name: str, extra: dict[str, Any]) -> int:
        """The exit code of a command line, after its failure was told."""
        flags = given[: given.index("--")] if "--" in given else given
        debug, as_json = "--debug" in flags, "--json" in flags
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _show_warning
                code = self._called(given, name, extra)
            sys.stdout.flush()
            return code
        except FeatureprepError as error:
            return show(Failure.of(error), error, debug=debug, as_json=as_json)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            return error.exit_code
        except click.ClickException as error:
            return show(Failure.of_usage(error), error, debug=debug, as_json=as_json)
        except (KeyboardInterrupt, click.Abort):
            if debug:
                raise
            click.echo("\ninterrupted", err=True)
            return INTERRUPTED
        except BrokenPipeError:
            _forget_stdout()
            return READER_GONE
        except Exception as error:  # noqa: BLE001  (whatever else is raised is a fault of ours, and is said in one line)
            return show(Failure(f"internal error: {said(error)}", None, INTERNAL, 3), error, debug=debug, as_json=as_json)

    def _called(self, given: list[str], name: str, extra: dict[str, Any]) -> int:
        try:
            with self.make_context(name, given, **extra) as ctx:
                try:
                    return int(self.invoke(ctx) or 0)
                except FeatureprepError as error:
                    if of_command_line(ctx):
                        error.hint = as_flags(error.hint)
                    raise
        except click.exceptions.Exit as end:
            return end.exit_code


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: str | None = None
) -> None:
    click.echo(f"warning: {message}", err=True)


def _forget_stdout() -> None:
    """Let nothing be written to the closed pipe when the interpreter ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


@click.group("featureprep", cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="featureprep", message="%(prog)s %(version)s")
@debug_option
def cli() -> None:
    """From raw files to versioned features: run feature jobs, check data, look at what was made.

    Start with featureprep new my_features: a project that runs at once. Every verb has --help with examples.

    A JOB is a Python file that defines one with @fp.job (job.py, or job.py:census where there are several). A REF names a version:
    census, census@3, census@prod. Exit codes: 0 good, 1 the data failed, 2 the request is wrong, 3 the world failed.
    """


def main() -> NoReturn:
    """The program `featureprep`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # data may hold what the terminal's encoding has no letter for
            stream.reconfigure(errors="backslashreplace")
    code = cli.main(standalone_mode=False)
    sys.stderr.flush()
    # libraries' threads can abort an interpreter that shuts down; all is written by now
    os._exit(code)
