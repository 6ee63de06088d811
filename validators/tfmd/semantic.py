"""Domains of meaning that the statistics propose (TFDV: custom_domain_util.cc)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from featureprep.validators.tfmd.protos import protos
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_PROPOSAL: Final = "domain_info"


def take_proposed_domain(view: FeatureView, feature: schema_pb2.Feature) -> bool:
    """State the domain that a custom statistic proposes; whether there was one: a single text of a single domain.

    A domain that is stated already is never replaced.
    """
    from google.protobuf import text_format

    proposals = [stat.str for stat in view.data.custom_stats if stat.name == _PROPOSAL]
    if len(proposals) != 1 or not proposals[0] or feature.WhichOneof(_PROPOSAL) is not None:
        return False
    proposed = protos().schema.Feature()
    try:
        text_format.Parse(proposals[0], proposed)
    except text_format.ParseError:
        return False
    fields = [field for field, _ in proposed.ListFields()]
    if len(fields) != 1 or fields[0].containing_oneof is None or fields[0].containing_oneof.name != _PROPOSAL:
        return False
    feature.MergeFrom(proposed)
    return True
