"""Contracts to and from what others write: the Open Data Contract Standard, Great Expectations, pandera, TFMD schemas.

A contract is turned by its YAML form, key by key, so that a key that the other format has no place for can go along as it is,
where that format keeps such things, and come back from there.
"""

from __future__ import annotations

from featureprep.validators.interop.gx_read import from_gx
from featureprep.validators.interop.gx_write import to_gx
from featureprep.validators.interop.odcs_read import from_odcs
from featureprep.validators.interop.odcs_write import to_odcs
from featureprep.validators.interop.pandera_read import from_pandera
from featureprep.validators.interop.pandera_write import to_pandera

__all__ = ["from_gx", "from_odcs", "from_pandera", "to_gx", "to_odcs", "to_pandera"]
