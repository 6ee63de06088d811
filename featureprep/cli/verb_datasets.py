"""`featureprep datasets`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.completion import references
from featureprep.cli.options import json_option, open_store, store_option
from featureprep.cli.output import echo_json, echo_table
from featureprep.cli.verb import verb

if TYPE_CHECKING:
    from featureprep.store.objects import ObjectStore


@verb("datasets", "List datasets and their versions.", "featureprep datasets", "featureprep datasets census --newest 50 --json")
@click.argument("name", required=False, shell_complete=references)
@click.option("--newest", type=click.IntRange(1), default=10, show_default=True, metavar="N", help="Versions shown of each dataset.")
@store_option
@json_option
def command(name: str | None, newest: int, store: str, as_json: bool) -> None:
    """List the datasets of a store with their versions, rows, fingerprints and tags.

    Equal fingerprints mean equal rows, or a graph that computes the same. A version is named census@3, its newest one census or census@latest.
    """
    opened = open_store(store)
    found = [_dataset(opened, each, newest) for each in _names(opened, name)]
    if as_json:
        echo_json({"store": opened.url, "datasets": found})
        return
    if not found:
        click.echo(f"{opened.url} has no dataset yet; featureprep run job.py makes one")
        return
    columns = ("dataset", "rows", "splits", "created", "fingerprint", "graph", "tags")
    rows = []
    for each in found:
        rows += [_row(each["name"], version) for version in each["versions"]]
        if each["older"]:
            rows.append([f"{each['name']}: {each['older']} older", *[""] * (len(columns) - 1)])
    echo_table(columns, rows, right=("rows",))


def _names(store: ObjectStore, name: str | None) -> list[str]:
    from featureprep.store.log import datasets
    from featureprep.store.refs import resolve

    if name is None:
        return datasets(store)
    return [resolve(store, name).name]


def _dataset(store: ObjectStore, name: str, newest: int) -> dict[str, Any]:
    from featureprep.store.log import live_versions, read_entry, vacuumed_versions
    from featureprep.store.record import moment
    from featureprep.store.tags import list_tags

    tags: dict[int, list[str]] = {}
    for tag, version in sorted(list_tags(store, name).items()):
        tags.setdefault(version, []).append(tag)
    live = live_versions(store, name)
    versions = []
    for n in reversed(live[-newest:]):
        entry = read_entry(store, name, n)
        versions.append(
            {
                "version": n, "run_id": entry.run_id, "created": moment(entry.created), "engine": entry.engine, "rows": sum(entry.splits.values()),
                "splits": dict(entry.splits), "dataset_fingerprint": entry.dataset_fingerprint, "graph_fingerprint": entry.graph_fingerprint,
                "tags": tags.get(n, []), "sample": entry.extra.get("sample"),
            }
        )  # fmt: skip
    return {"name": name, "versions": versions, "older": max(0, len(live) - newest), "vacuumed": len(vacuumed_versions(store, name))}


def _row(name: str, version: dict[str, Any]) -> list[str]:
    from featureprep.store.samples import sample_text

    splits = ", ".join(f"{split} {rows:,}" for split, rows in sorted(version["splits"].items()))
    graph = version["graph_fingerprint"]
    created = version["created"][:19].replace("T", " ")
    marks = [*version["tags"], *([f"SAMPLE of {sample_text(version['sample'])}"] if version["sample"] else [])]
    return [f"{name}@{version['version']}", f"{version['rows']:,}", splits, created, version["dataset_fingerprint"][:12],
            graph[:12] if graph else "-", ", ".join(marks)]  # fmt: skip
