"""Value-level primitives: each in a batch form over plain Arrow arrays and a row form over one non-null Python value, equal bit for bit.

Batch functions give `(array, bad)`: `bad` is None or a bool mask of the *malformed* cells, which are null in `array`; null gives null and is never bad.
Row functions give a value, None where the batch form gives null, or `result.BAD`. The rules are in SPEC.md.
"""
