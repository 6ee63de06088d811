"""Which sources' statistics and contracts ride on an exchange's pass over the same rows, instead of a scan of their own."""

from __future__ import annotations

from featureprep.jobs.prepare import Prepared


def rides(prepared: Prepared, shared: str | None) -> dict[str, str]:
    """For each source whose states ride, the exchange on whose pass they do: the first one that reads it.

    `shared` is the source whose states the fit's first scan folds. A table in memory has no states that are kept; it is read again.
    """
    found: dict[str, str] = {}
    for exchange in prepared.physical.exchanges:
        for pipe in exchange.pipes:
            name = pipe.input.name
            if pipe.input.kind == "source" and name != shared and prepared.sources[name].source.kind != "memory":
                found.setdefault(name, exchange.name)
    return {name: at for name, at in found.items() if prepared.source_statistics or name in prepared.contracts}
