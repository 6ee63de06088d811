"""`featureprep tag`."""

from __future__ import annotations

import datetime as dt

import click

from featureprep.cli.completion import references
from featureprep.cli.options import json_option, open_store, store_option
from featureprep.cli.output import echo_json, echo_table
from featureprep.cli.verb import verb
from featureprep.errors import RequestError


@verb("tag", "Name a version.", "featureprep tag census@3 prod", "featureprep tag --list census", "featureprep tag --delete census@prod")
@click.argument("ref", shell_complete=references)
@click.argument("tag", required=False)
@click.option("--list", "listing", is_flag=True, help="Print the tags of a dataset.")
@click.option("--delete", is_flag=True, help="End a tag; its history stays.")
@click.option("--note", default="", metavar="TEXT", help="Kept with the change.")
@store_option
@json_option
def command(ref: str, tag: str | None, listing: bool, delete: bool, note: str, store: str, as_json: bool) -> None:
    """Let TAG name the version REF from now on; moving a tag is one atomic step.

    What serves opens census@prod, and gets another version when the tag is moved: forward, or back to the one before. vacuum keeps
    tagged versions.
    """
    from featureprep.store.log import live_versions
    from featureprep.store.refs import parse_ref, resolve
    from featureprep.store.tags import delete_tag, list_tags, read_tag, set_tag

    if listing and delete:
        raise RequestError("--list and --delete exclude each other")
    opened = open_store(store)
    name, which = parse_ref(ref)
    if not live_versions(opened, name):
        resolve(opened, name)  # says which datasets there are
    if listing:
        if tag is not None:
            raise RequestError("--list takes a dataset only", hint=f"featureprep tag --list {name}")
        found = sorted(list_tags(opened, name).items())
        if as_json:
            echo_json({"dataset": name, "tags": dict(found)})
        elif found:
            echo_table(("tag", "version"), [(each, f"{name}@{version}") for each, version in found])
        else:
            click.echo(f"{name} has no tags")
        return
    now = dt.datetime.now(dt.UTC)
    if delete:
        known = tag or ("" if which == "latest" or which.isdigit() else which)
        if not known:
            raise RequestError("no tag is named", hint=f"featureprep tag --delete {name}@prod")
        before = read_tag(opened, name, known)
        delete_tag(opened, name, known, now=now, note=note)
        _tell(name, known, None, before, as_json=as_json)
        return
    if tag is None:
        raise RequestError("no tag is named", hint=f"featureprep tag {ref} prod; --list prints those there are")
    version = resolve(opened, ref).n
    before = read_tag(opened, name, tag)
    set_tag(opened, name, tag, version, now=now, note=note)
    _tell(name, tag, version, before, as_json=as_json)


def _tell(name: str, tag: str, version: int | None, before: int | None, *, as_json: bool) -> None:
    if as_json:
        echo_json({"dataset": name, "tag": tag, "version": version, "previous": before})
    elif version is None:
        click.echo(f"{name}@{tag} is ended; it named {name}@{before}")
    else:
        click.echo(f"{name}@{tag} is {name}@{version}" + (f"; it was {name}@{before}" if before not in (None, version) else ""))
