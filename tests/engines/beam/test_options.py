"""What a user says of a runner."""

from __future__ import annotations

import os
from typing import Any

import pytest
from apache_beam.options.pipeline_options import DirectOptions, GoogleCloudOptions, PipelineOptions, SetupOptions, StandardOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.portability.portable_runner import PortableRunner

from featureprep.engines.beam.engine import BeamEngine
from featureprep.engines.beam.options import options_of, runner_of
from featureprep.errors import ArgumentError, MissingExtraError
from featureprep.jobs.engines import make_engine

CORES = len(os.sched_getaffinity(0))


def direct(target: Any, **given: Any) -> tuple[str, int]:
    found = options_of(target, given).view_as(DirectOptions)
    return found.direct_running_mode, found.direct_num_workers


def test_nothing_means_threads_in_this_process() -> None:
    options = options_of(None, {})
    assert options.view_as(StandardOptions).runner == "FnApiRunner"
    assert direct(None) == ("multi_threading", CORES)
    assert options.view_as(SetupOptions).save_main_session is False
    assert isinstance(runner_of(options, str)[0], FnApiRunner)


def test_the_default_runner_of_beam_is_never_used() -> None:
    for target in ("beam://DirectRunner", PipelineOptions(["--runner=DirectRunner"]), PipelineOptions([])):
        assert options_of(target, {}).view_as(StandardOptions).runner == "FnApiRunner"


def test_an_address_has_options() -> None:
    assert direct("beam://FnApiRunner?direct_running_mode=multi_processing&direct_num_workers=3") == ("multi_processing", 3)
    assert direct("beam://?direct_running_mode=in_memory") == ("in_memory", 1)
    assert direct("beam://FnApiRunner?direct_num_workers=3", direct_num_workers=1) == ("multi_threading", 1)
    found = options_of("beam://PortableRunner?job_endpoint=localhost:1&streaming=false&parallelism=4", {})
    assert isinstance(runner_of(found, str)[0], PortableRunner)
    assert found.get_all_options(retain_unknown_options=True)["parallelism"] == 4  # known to the job server only


def test_options_of_beams_own() -> None:
    given = PipelineOptions(["--direct_num_workers=5", "--temp_location=gs://bucket/here", "--rows=of the user's own"])
    assert direct(given) == ("multi_threading", 5)
    assert options_of(given, {}).view_as(GoogleCloudOptions).temp_location == "gs://bucket/here"
    with pytest.raises(ArgumentError, match="no option 'row'"):
        options_of(given, {"row": 1})


def test_engines_by_name_and_address() -> None:
    for given in ("beam", "beam://FnApiRunner?direct_num_workers=1", PipelineOptions([])):
        made = make_engine(given)
        assert isinstance(made, BeamEngine)
        made.start()
        made.close()
        made.close()


@pytest.mark.parametrize(
    "target, given, said",
    [
        (None, {"direct_num_worker": 2}, "no option 'direct_num_worker'(.|\n)*direct_num_workers"),
        ("beam://NoRunner", {}, "no runner 'NoRunner'(.|\n)*FlinkRunner"),
        ("beam://no.such.Runner", {}, "cannot be imported"),
        (7, {}, "None, an address"),
        (None, {"direct_num_workers": "many"}, "refuses its options: argument --direct_num_workers: invalid int value: 'many'"),
        ("beam://DataflowRunner", {}, "refuses its options"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(
    target: Any, given: dict[str, Any], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = BeamEngine(target, **given)
    with pytest.raises((ArgumentError, MissingExtraError), match=said) as caught:
        engine.start()
    assert caught.value.exit_code == 2
    assert capfd.readouterr().err == ""
    engine.close()
