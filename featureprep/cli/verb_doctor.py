"""`featureprep doctor`."""

from __future__ import annotations

import os
import platform
import shutil
from typing import Any

import click

from featureprep.cli.options import json_option
from featureprep.cli.output import echo_json
from featureprep.cli.verb import verb


@verb("doctor", "Tell what is installed here.", "featureprep doctor", "featureprep doctor --json")
@click.option("--tfdv", is_flag=True, help="Install TFDV first, for second opinions: in a virtualenv of its own, 2 GB, a few minutes.")
@json_option
def command(tfdv: bool, as_json: bool) -> None:
    """Tell what featureprep finds here: versions, extras that are installed or missing, Java, TFDV. Send it along with a question.

    TFDV needs packages that cannot live beside featureprep's: it gets a virtualenv in ~/.cache/featureprep (or $XDG_CACHE_HOME), which
    may be deleted at any time.
    """
    from featureprep import __version__
    from featureprep import platform as ours
    from featureprep.installed import extras
    from featureprep.validators.tfdv.environment import VENV

    if tfdv and VENV.python() is None:
        click.echo(f"installing {VENV.requirements[0]} into {VENV.folder()}: this takes a few minutes", err=True)
        VENV.install()
    found = VENV.python()
    told: dict[str, Any] = {
        "featureprep": __version__,
        "python": platform.python_version(),
        "platform": ours.record(),
        "cores": os.cpu_count(),
        "extras": {extra.name: {"installed": extra.versions, "missing": extra.missing} for extra in extras()},
        "java": shutil.which("java"),
        "tfdv": None if found is None else str(found),
    }
    if as_json:
        echo_json(told)
        return
    click.echo(f"featureprep {told['featureprep']}, Python {told['python']}, {told['cores']} cores, {ours.text()}\n")
    width = max((len(name) for name in told["extras"]), default=0)
    for name, extra in told["extras"].items():
        known = ", ".join(f"{package} {version}" for package, version in extra["installed"].items())
        lacks = f"not installed: pip install 'featureprep[{name}]'" if not known else f"{known} (missing: {', '.join(extra['missing'])})"
        click.echo(f"{name:<{width}}  {lacks if extra['missing'] else known}")
    click.echo(f"{'java':<{width}}  {told['java'] or 'none on the PATH: Spark needs one, 17 or newer'}")
    click.echo(f"{'TFDV':<{width}}  {told['tfdv'] or 'not installed: featureprep doctor --tfdv'}")
