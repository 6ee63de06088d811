"""TFDV itself as a second opinion: in a virtualenv of its own, for its pins cannot live beside ours, asked by Parquet and TFMD protos."""
