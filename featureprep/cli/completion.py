"""What a shell offers for an argument when the tab key is pressed: fast, never an error, nothing from the network."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

DEFAULT_STORE = "./store"
STORE_VARIABLE = "FEATUREPREP_STORE"
ENGINES = ("pandas", "dask", "spark", "beam")
Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,127}", re.ASCII)
_ENTRY = re.compile(r"([0-9]{20})\.json", re.ASCII)


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Paths of files: the shell's own."""
    return [CompletionItem(incomplete, type="file")]


def folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Paths of folders: the shell's own."""
    return [CompletionItem(incomplete, type="dir")]


def engines(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of engines; addresses are typed."""
    return [CompletionItem(name) for name in ENGINES if name.startswith(incomplete)]


def references(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The datasets of a local store; after `@` the versions and tags of one. Nothing for a store elsewhere, or where there is none."""
    store = _store(ctx)
    if "://" in store:
        return []
    name, at, _ = incomplete.partition("@")
    if not at:
        return [CompletionItem(name) for name in _folders(store) if name.startswith(incomplete) and _is_dataset(store, name)]
    if not _NAME.fullmatch(name) or not _is_dataset(store, name):
        return []
    entries = (_ENTRY.fullmatch(file) for file in _listed(os.path.join(store, name, "log")))
    numbers = sorted((int(found[1]) for found in entries if found), reverse=True)
    which = ["latest", *_folders(os.path.join(store, name, "tags")), *map(str, numbers)]
    return [CompletionItem(f"{name}@{each}") for each in which if f"{name}@{each}".startswith(incomplete)]


def references_or_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """References, or paths of files where there is no such reference."""
    return references(ctx, param, incomplete) or files(ctx, param, incomplete)


def runs_that_wait(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The runs of a local store that did not end, newest first."""
    staging = os.path.join(_store(ctx), "_staging")
    ids = (
        [name for name in _folders(staging) if os.path.isfile(os.path.join(staging, name, "manifest.json"))] if "://" not in staging else []
    )
    return [CompletionItem(name) for name in reversed(ids) if name.startswith(incomplete)]


def _store(ctx: click.Context) -> str:
    return str(ctx.params.get("store") or os.environ.get(STORE_VARIABLE) or DEFAULT_STORE)


def _is_dataset(store: str, name: str) -> bool:
    return os.path.isdir(os.path.join(store, name, "log"))


def _folders(path: str) -> list[str]:
    return [name for name in _listed(path) if _NAME.fullmatch(name) and os.path.isdir(os.path.join(path, name))]


def _listed(path: str) -> list[str]:
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []
