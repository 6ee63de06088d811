"""What a user of Apache Beam imports: `fp.beam.Transform(graph)`; see also `fp.from_beam` and `Dataset.to_beam`."""

from __future__ import annotations

from featureprep.errors import MissingExtraError

try:
    from featureprep.serving.beam import Transform
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] != "apache_beam":
        raise
    raise MissingExtraError.of("beam", "fp.beam") from error

__all__ = ["Transform"]
