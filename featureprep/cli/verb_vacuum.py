"""`featureprep vacuum`."""

from __future__ import annotations

import click

from featureprep.cli.options import json_option, open_store, read_age, store_option
from featureprep.cli.output import echo_json, echo_table
from featureprep.cli.verb import verb


@verb(
    "vacuum",
    "Remove what is not needed any more.",
    "featureprep vacuum --older-than 30d --dry-run",
    "featureprep vacuum --older-than 30d --keep-versions 5",
)
@click.option(
    "--older-than", required=True, metavar="AGE", help="Nothing younger is touched: 30d, 12h, 90m, 2w. Longer than the longest run."
)
@click.option(
    "--keep-versions", type=click.IntRange(1), metavar="N", help="Remove versions too, but not the N newest of a dataset, nor tagged ones."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@store_option
@json_option
def command(older_than: str, keep_versions: int | None, dry_run: bool, store: str, as_json: bool) -> None:
    """Remove what is not needed any more: staging of ended runs, fold states, failed runs, and on request old versions.

    Nothing without an age; --dry-run first. A tagged version, and the newest of a dataset, always stay.
    """
    age = read_age(older_than)
    opened = open_store(store)
    from featureprep.store.vacuum import vacuum

    report = vacuum(opened, age, dry_run=dry_run, keep_versions=keep_versions)
    if as_json:
        removed = [vars(one) for one in report.removed]
        echo_json({"store": opened.url, "dry_run": dry_run, "size": report.size, "removed": removed, "kept": report.kept})
        return
    kinds: dict[str, list[int]] = {}
    for one in report.removed:
        count = kinds.setdefault(one.kind, [0, 0, 0])
        for i, n in enumerate((1, one.files, one.size)):
            count[i] += n
    if kinds:
        echo_table(("what", "things", "files", "bytes"), [(kind, *(f"{n:,}" for n in counts)) for kind, counts in sorted(kinds.items())],
                   right=("things", "files", "bytes"))  # fmt: skip
    for path, why in sorted(report.kept.items()):
        click.echo(f"kept {path}: {why}")
    click.echo(f"{'would free' if dry_run else 'freed'} {report.size:,} bytes")
