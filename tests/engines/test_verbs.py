"""The five verbs, on every engine."""

from __future__ import annotations

from featureprep.testing.verbs import EngineVerbs


class TestVerbs(EngineVerbs):
    """See there."""
