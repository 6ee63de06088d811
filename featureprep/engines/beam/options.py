"""What a user says of a runner, as Beam's own pipeline options; and the runner that they mean."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qsl

from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, SetupOptions, StandardOptions
from apache_beam.pipeline import Pipeline
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineRunner, create_runner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from featureprep.errors import ArgumentError, MissingExtraError

LOCAL = "FnApiRunner"
"""Beam's runner in this process. It is named because "DirectRunner" looks for another one first, and tries to download it."""
SCHEME = "beam://"


def options_of(target: Any, given: Mapping[str, Any]) -> PipelineOptions:
    """Beam's options from an address `beam://Runner?option=value&...`, from options of Beam's own, or from nothing; and options by name.

    Raises
    ------
    ArgumentError
    """
    said: dict[str, Any] = {}
    if isinstance(target, PipelineOptions):
        found = target.get_all_options(drop_default=True, retain_unknown_options=True)
        said = {name: value for name, value in found.items() if isinstance(value, (str, int, float, list, dict))}
    elif isinstance(target, str) and target.startswith(SCHEME):
        runner, _, query = target.removeprefix(SCHEME).partition("?")
        said = {"runner": runner, **{name: _value(text) for name, text in parse_qsl(query, keep_blank_values=True)}}
    elif target is not None:
        raise ArgumentError.of("target", "BeamEngine", "None, an address beam://Runner?option=value or Beam's PipelineOptions", target)
    said |= given
    if said.get("runner") in (None, "", "DirectRunner"):
        said["runner"] = LOCAL
    if said["runner"] == LOCAL:
        # beside Beam's own options a user's PipelineOptions may have some of another program's
        _check_names(given if isinstance(target, PipelineOptions) else said)
        said = _local(said)
    said.setdefault("save_main_session", False)  # what functions need travels with them
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            options = PipelineOptions.from_dictionary(said)
            options.get_all_options()
    except SystemExit as error:  # Beam's options are argparse's, which prints what is wrong and takes its leave
        told = complaint.getvalue().strip().splitlines() or ["no reason given"]
        raise ArgumentError(f"Beam refuses its options: {told[-1].partition('error: ')[2] or told[-1]}", where="beam") from error
    options.view_as(SetupOptions).save_main_session = bool(said["save_main_session"])
    return options


def _value(text: str) -> Any:
    return {"": True, "true": True, "false": False}.get(text.lower(), text)


def _check_names(said: Mapping[str, Any]) -> None:
    """A runner elsewhere has options that only it knows; the one here has none that Beam does not know."""
    known = PipelineOptions([]).get_all_options()
    for name in said:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            raise ArgumentError(f"Beam has no option {name!r}", hint=f"Did you mean {close[0]!r}?" if close else None)


def _local(said: dict[str, Any]) -> dict[str, Any]:
    """Threads, one for each core, unless something else is said."""
    mode = said.get("direct_running_mode", "multi_threading")
    workers = said.get("direct_num_workers", 1 if mode == "in_memory" else 0)
    cores = len(os.sched_getaffinity(0))
    return {**said, "direct_running_mode": mode, "direct_num_workers": cores if str(workers) == "0" else workers}


def runner_of(options: PipelineOptions, command: Callable[[], str]) -> tuple[PipelineRunner, PipelineOptions]:
    """The runner that options name, and the options that it is given.

    Parameters
    ----------
    command : callable
        Gives the shell command that starts a worker process, for the runner in this process where it is told to have such.

    Raises
    ------
    ArgumentError
    MissingExtraError
    """
    name = options.view_as(StandardOptions).runner
    if name != LOCAL:
        try:
            return create_runner(name), options
        except (ValueError, AttributeError) as error:
            known = ", ".join(StandardOptions.KNOWN_RUNNER_NAMES)
            raise ArgumentError(f"Beam has no runner {name!r}", hint=f"one of {known}, or the full name of a class") from error
        except ImportError as error:
            raise MissingExtraError(f"Beam's runner {name!r} cannot be imported: {error}", hint="pip install 'apache-beam[gcp]'") from error
    direct = options.view_as(DirectOptions)
    if direct.direct_running_mode != "multi_processing":
        return FnApiRunner(), options
    own = PipelineOptions.from_dictionary({**options.get_all_options(drop_default=True), "direct_running_mode": "in_memory"})
    return FnApiRunner(default_environment=SubprocessSDKEnvironment.from_command_string(command())), own


def pipeline_on(runner: PipelineRunner, options: PipelineOptions) -> Pipeline:
    """A pipeline without anything in it.

    Raises
    ------
    ArgumentError
        The runner lacks options, or cannot be with those given.
    """
    try:
        return Pipeline(runner=runner, options=options)
    except ValueError as error:
        raise ArgumentError(f"Beam refuses its options: {'; '.join(str(error).splitlines()[1:]) or error}", where="beam") from error
