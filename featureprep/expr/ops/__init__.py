"""The operations behind `col`: one file a family, each operation with its types, its batch kernel and its row code."""
