"""Events say what a run was, by OpenLineage's published schemas, and give no secret away."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from featureprep.errors import ArgumentError, ContractError
from featureprep.lineage.columns import column_lineage
from featureprep.lineage.events import InputDataset, ParentRun, RunFacts, complete, fail, running, start, to_ndjson
from tests.lineage.plans import census, planned, read
from tests.lineage.runs import NOW, OUTCOMES, RUN_ID, STATISTICS, facts, full_info, info, inputs, output, pinned
from tests.lineage.test_columns import jobs

Check = Callable[[dict[str, Any]], None]


def completed(**more: Any) -> dict[str, Any]:
    made = planned(census())
    return complete(full_info(), inputs(**more), [output(made.lineage)], at=NOW, facts=facts(made))


def test_every_event_is_what_openlineage_publishes(check_event: Check) -> None:
    made = planned(census())
    told = [
        start(full_info(), inputs()),
        start(info()),
        running(info(), inputs(), at=NOW, facts=RunFacts(scans=1, status="fitting")),
        completed(),
        fail(full_info(), ContractError("2 rules failed", hint="mend it"), inputs(), [output(made.lineage)], at=NOW, facts=facts(made)),
        fail(info(), "", at=NOW),
    ]
    assert [event["eventType"] for event in told] == ["START", "START", "RUNNING", "COMPLETE", "FAIL", "FAIL"]
    for event in told:
        check_event(event)
        check_event(json.loads(to_ndjson([event])))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(jobs())
def test_events_of_generated_jobs_are_what_openlineage_publishes(check_event: Check, job: Any) -> None:
    table, made, _ = job
    plan = planned(table.features(keep=list(made)))
    check_event(complete(info(), inputs(), [output(plan.lineage)], at=NOW, facts=facts(plan)))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("run", "runId"), "not a uuid"),
        (("eventTime",), "yesterday"),
        (("run", "facets", "processing_engine", "version"), None),
        (("run", "facets", "featureprep", "scans"), -1),
        (("run", "facets", "featureprep", "surprise"), 1),
        (("outputs", 0, "facets", "columnLineage", "fields", "age", "inputFields", 0, "field"), 3),
        (("inputs", 0, "inputFacets", "dataQualityMetrics", "columnMetrics", "age", "min"), "low"),
    ],
)
def test_the_check_refuses_what_is_wrong(check_event: Check, place: tuple[Any, ...], value: Any) -> None:
    import jsonschema

    event = copy.deepcopy(completed())
    at: Any = event
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        check_event(event)


def test_ids_and_times_follow_from_what_is_given() -> None:
    event = start(info())
    assert event["run"]["runId"] == start(info())["run"]["runId"] != start(info(run_id="r2"))["run"]["runId"]
    other = uuid.UUID(int=7)
    assert start(info(run_ids=other))["run"]["runId"] == str(uuid.uuid5(other, RUN_ID))
    assert event["eventTime"] == "2026-03-04T03:06:07.000089Z"
    assert event["run"]["facets"]["featureprep"]["runId"] == RUN_ID
    assert event["producer"] == "urn:featureprep:0.1.0"
    assert start(info(producer="https://example.org/x"))["producer"] == "https://example.org/x"


def test_naive_times_and_odd_parents_are_refused() -> None:
    naive = dt.datetime(2026, 1, 1)
    for make in (lambda: info(started=naive), lambda: info(nominal=(NOW, naive)), lambda: running(info(), at=naive)):
        with pytest.raises(ArgumentError, match="aware"):
            make()
    with pytest.raises(ArgumentError, match="UUID"):
        ParentRun("x" * 1000, "airflow", "dag")


def test_facets_of_the_run() -> None:
    facets = completed()["run"]["facets"]
    assert facets["processing_engine"]["name"] == "pandas"
    assert facets["parent"]["job"] == {"namespace": "airflow", "name": "daily.features"}
    assert facets["nominalTime"]["nominalEndTime"] == "2026-03-05T03:06:07.000089Z"
    assert {p["key"]: p["value"] for p in facets["executionParameters"]["parameters"]} == {
        "day": "2026-03-04",
        "n": "3",
        "text": "a\u202eb",
    }
    ours = facets["featureprep"]
    assert ours["ledger"]["rows"]["dropped"] == 1
    assert ours["fingerprints"] == {"dataset": "0" * 32, "graph": "f" * 32}
    assert [source["fileCount"] for source in ours["sources"]] == [2, 1]


def test_the_source_code_and_its_digest() -> None:
    facet = completed()["job"]["facets"]["sourceCode"]
    assert (facet["language"], facet["path"]) == ("PYTHON", "job.py")
    # sha256sum of "import featureprep as fp\n"
    assert facet["sha256"] == "f61b459e0e8037b2444a8a56279b09ab1d6342a31047ec1783ebca92ddaa51d6"


def test_inputs_have_names_versions_and_counts() -> None:
    people, regions = completed()["inputs"]
    assert (people["namespace"], people["name"]) == ("file", "/data/people")
    assert (regions["namespace"], regions["name"]) == ("s3://bucket", "regions.parquet")
    assert people["facets"]["dataSource"]["uri"] == "file:///data/people"
    assert regions["facets"]["version"]["datasetVersion"] == "sha256:" + "ab" * 32
    assert people["inputFacets"]["inputStatistics"]["rowCount"] == 3
    metrics = people["inputFacets"]["dataQualityMetrics"]
    assert (metrics["rowCount"], metrics["bytes"], metrics["fileCount"]) == (3, 30, 2)
    assert {k: v for k, v in metrics["columnMetrics"]["age"].items() if k != "quantiles"} == {
        "nullCount": 1, "distinctCount": 2, "count": 2, "sum": 56.0, "min": 17, "max": 39,
    }  # fmt: skip
    assert metrics["columnMetrics"]["age"]["quantiles"] == {"0.0": 17.0, "0.5": 28.0, "1.0": 39.0}
    assert "min" not in metrics["columnMetrics"]["born"]


def test_the_version_of_many_files_is_of_their_content_and_names_not_their_order() -> None:
    files = (pinned("/d/a.csv", version="sha256:1"), pinned("/d/b.csv", version="sha256:2"))
    version = InputDataset("s", files).version
    assert version == InputDataset("s", files[::-1]).version
    assert version != InputDataset("s", (files[0], pinned("/d/b.csv", version="sha256:3"))).version
    assert version.startswith("sha256:")


def test_assertions_tell_how_rules_ended_but_no_values() -> None:
    facet = completed()["inputs"][0]["inputFacets"]["dataQualityAssertions"]
    passed, failed, missed = facet["assertions"]
    assert (passed["assertion"], passed["success"], passed["column"], passed["severity"]) == ("range", True, "age", "error")
    assert (failed["success"], failed["severity"], failed["actual"]) == (False, "warn", "2 of 3 rows break it")
    assert (missed["success"], missed["params"]["status"]) == (False, "not evaluated")
    assert "column" not in missed
    assert "ann" not in json.dumps(facet)
    assert len(OUTCOMES) == 3


def test_values_of_sensitive_columns_stay_out() -> None:
    told = json.dumps(completed(sensitive=frozenset({"age"}))["inputs"])
    metrics = completed(sensitive=frozenset({"age"}))["inputs"][0]["inputFacets"]["dataQualityMetrics"]["columnMetrics"]["age"]
    assert metrics == {"nullCount": 1, "distinctCount": 2, "count": 2}
    assert "39" not in told
    masked = {"rows": 3, "columns": [{**STATISTICS["columns"][0], "masked": True}]}
    one = InputDataset("people", (pinned("/a"),), statistics=masked)
    assert (
        "min"
        not in complete(info(), [one], [], at=NOW, facts=RunFacts())["inputs"][0]["inputFacets"]["dataQualityMetrics"]["columnMetrics"][
            "age"
        ]
    )


def test_the_output_is_the_dataset_at_this_run() -> None:
    made = completed()["outputs"][0]
    assert (made["namespace"], made["name"]) == ("file", "/data/store/census")
    assert made["facets"]["version"]["datasetVersion"] == RUN_ID
    assert [f["name"] for f in made["facets"]["schema"]["fields"]] == ["age", "income", "region", "name"]
    assert made["outputFacets"]["outputStatistics"]["rowCount"] == 3
    lineage = made["facets"]["columnLineage"]
    (age,) = lineage["fields"]["age"]["inputFields"]
    assert (age["namespace"], age["name"], age["field"]) == ("file", "/data/people", "age")
    assert {(t["type"], t["subtype"], t["kind"], t["masking"]) for t in age["transformations"]} == {
        ("DIRECT", "TRANSFORMATION", "direct", False),
        ("DIRECT", "AGGREGATION", "fit", False),
    }
    assert {t["subtype"] for field in lineage["dataset"] for t in field["transformations"]} == {"FILTER", "GROUP_BY", "JOIN", "SORT"}


def test_a_failure_names_the_dataset_but_no_version(check_event: Check) -> None:
    made = output(planned(census()).lineage)
    event = fail(info(), "broken", inputs(), [dataclasses.replace(made, schema=None)], at=NOW)
    check_event(event)
    (out,) = event["outputs"]
    assert out["name"] == "/data/store/census"
    assert set(out["facets"]) == {"dataSource", "columnLineage"}


def test_two_sources_over_one_file_give_one_field() -> None:
    table = read("people").join(read("regions"), on="region").features(age="age", keep=["region"])
    lineage = planned(table).lineage
    same = [InputDataset(name, (pinned("/d/x.csv"),)) for name in ("people", "regions")]
    event = complete(info(), same, [output(lineage)], at=NOW, facts=RunFacts())
    (region,) = event["outputs"][0]["facets"]["columnLineage"]["dataset"]
    assert region["field"] == "region"


def test_files_of_a_version_are_named_as_that_dataset() -> None:
    url = f"/data/store/census/data/{RUN_ID}/train/part-000000.parquet"
    one = InputDataset("rows", (pinned(url),))
    event = start(info(job="model"), [one])
    assert (event["inputs"][0]["namespace"], event["inputs"][0]["name"]) == ("file", "/data/store/census")
    assert event["inputs"][0]["facets"]["version"]["datasetVersion"] == RUN_ID


def test_a_table_in_memory_is_named_after_its_job(check_event: Check) -> None:
    event = start(info(), [InputDataset("people", (pinned("memory"),))])
    assert (event["inputs"][0]["namespace"], event["inputs"][0]["name"]) == ("memory", "census/people")
    check_event(event)


def test_hostile_names_are_data(check_event: Check) -> None:
    nasty = 'é"<script>\u202e\n\x00' + "x" * 10_000
    made = planned(read("people").rename(age=nasty).features(keep=[nasty]))
    one = InputDataset("people", (pinned(f"/d/{nasty}.csv"),), rows=1)
    event = complete(info(job=nasty), [one], [output(made.lineage)], at=NOW, facts=RunFacts())
    check_event(event)
    text = to_ndjson([event, event])
    assert text.isascii()
    assert text.count("\n") == 2
    assert [json.loads(line) for line in text.splitlines()] == [event, event]


def test_a_long_error_is_cut_and_has_no_stack() -> None:
    facet = fail(info(), ValueError("x" * 50_000), at=NOW)["run"]["facets"]["errorMessage"]
    assert len(facet["message"]) == 10_000
    assert "stackTrace" not in facet
    assert fail(info(), KeyboardInterrupt(), at=NOW)["run"]["facets"]["errorMessage"]["message"] == "KeyboardInterrupt"


def test_many_files_are_counted_but_not_all_listed() -> None:
    files = tuple(pinned(f"/d/{i}.csv") for i in range(1500))
    listing = start(info(), [InputDataset("s", files)])["run"]["facets"]["featureprep"]["sources"][0]
    assert (listing["fileCount"], len(listing["files"])) == (1500, 1000)


def test_applied_constants_name_their_version(check_event: Check) -> None:
    made = planned(census())
    lineage = column_lineage(made.physical, None)
    event = complete(info(), inputs(), [output(lineage)], at=NOW, facts=RunFacts(fitted_by="census@3"))
    check_event(event)
    assert event["run"]["facets"]["featureprep"]["fittedBy"] == "census@3"
