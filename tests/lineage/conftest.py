"""OpenLineage's published schemas, which lie beside the folder that FEATUREPREP_DATA names."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

Check = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="session")
def published() -> Path:
    data = os.environ.get("FEATUREPREP_DATA")
    if not data:
        pytest.skip("FEATUREPREP_DATA is unset; OpenLineage's schemas lie beside that folder")
    folder = Path(data).parent / "schemas" / "openlineage"
    if not folder.is_dir():
        pytest.skip("OpenLineage's schemas are not beside the folder that FEATUREPREP_DATA names")
    return folder


@pytest.fixture(scope="session")
def check_event(published: Path) -> Check:
    """Hold an event, and each of its facets against the schema that the facet itself names."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed (extra 'test')")
    referencing = pytest.importorskip("referencing", reason="referencing is not installed (it comes with jsonschema)")
    texts = [file.read_text(encoding="utf-8") for file in [published / "OpenLineage.json", *(published / "facets").glob("*.json")]]
    texts.append(resources.files("featureprep.lineage").joinpath("schemas/run_facet.json").read_text(encoding="utf-8"))
    schemas = {schema["$id"]: schema for schema in map(json.loads, texts)}
    registry = referencing.Registry().with_resources((name, referencing.Resource.from_contents(s)) for name, s in schemas.items())

    def validate(value: Any, url: str) -> None:
        assert url.partition("#")[0] in schemas, f"{url} is not published"
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        jsonschema.Draft202012Validator({"$ref": url}, registry=registry, format_checker=checker).validate(value)

    def facets_of(event: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        holders = [event["run"], event["job"], *event["inputs"], *event["outputs"]]
        kinds = ("facets", "inputFacets", "outputFacets")
        return [item for holder in holders for kind in kinds for item in holder.get(kind, {}).items()]

    def check(event: dict[str, Any]) -> None:
        validate(event, "https://openlineage.io/spec/2-0-2/OpenLineage.json")
        validate(event, event["schemaURL"])
        for name, facet in facets_of(event):
            validate(facet, facet["_schemaURL"])
            # the file also says under which name the facet stands in an event
            validate({name: facet}, facet["_schemaURL"].partition("#")[0])
            assert name in schemas[facet["_schemaURL"].partition("#")[0]]["properties"]

    return check
