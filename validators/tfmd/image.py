"""Domains of images (TFDV: image_domain_util.cc)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featureprep.validators.tfmd.findings import Finding
from featureprep.validators.tfmd.numbers import as_float32
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2


def update_image_domain(view: FeatureView, domain: schema_pb2.ImageDomain) -> list[Finding]:
    """Hold the share of images of a known format and the size of the largest against their limits."""
    findings = []
    formats = view.custom("image_format_histogram")
    if domain.HasField("minimum_supported_image_fraction") and formats is not None:
        buckets = formats.rank_histogram.buckets
        total = sum(bucket.sample_count for bucket in buckets)
        known = sum(bucket.sample_count for bucket in buckets if bucket.label != "UNKNOWN")
        limit = domain.minimum_supported_image_fraction
        if total > 0 and (share := as_float32(known / total)) < limit:
            domain.minimum_supported_image_fraction = share
            text = (
                f"Fraction of values containing TensorFlow supported images: {share:f} is lower than the threshold set in the Schema: "
                f"{limit:f}."
            )
            findings.append(Finding("LOW_SUPPORTED_IMAGE_FRACTION", "Low supported image fraction", text))
    largest = int(view.data.bytes_stats.max_num_bytes_int)
    if domain.HasField("max_image_byte_size") and largest > domain.max_image_byte_size:
        text = f"The largest image has bytes: {largest}. The max allowed byte size is: {domain.max_image_byte_size}."
        findings.append(Finding("MAX_IMAGE_BYTE_SIZE_EXCEEDED", "Num bytes exceeds the max byte size.", text))
        domain.max_image_byte_size = largest
    return findings
