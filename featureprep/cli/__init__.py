"""The command line: one file a verb, imported when the verb is used."""

from featureprep.cli.app import cli, main

__all__ = ["cli", "main"]
