"""Changes of a contract that some data would need: edits of its text, as a patch to review. Nothing here writes to a contract."""
