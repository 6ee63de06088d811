"""Which column may be what is to be predicted: a guess, for a comment."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from featureprep.jobs.scaffold.code import quoted
from featureprep.jobs.scaffold.facts import Facts
from featureprep.types import is_numeric, is_text

_NAMES = re.compile(
    r"(label|target|class|y|outcome|response|result|survived|churn(ed)?|income|species|fraud|is_fraud|default(ed)?|spam|is_spam|late|tips?|"
    r"price|quality|rating|score|cnt|(tip|total|fare)_amount|arr_delay)",
    re.IGNORECASE,
)
_MOST_CLASSES = 20


def guess_label(facts: Sequence[Facts]) -> Facts | None:
    """The column that is most likely a label: by its name, else the last one if it has few values; None where none is likely."""
    able = [fact for fact in facts if not (fact.constant or fact.sensitive or fact.is_key) and label_code(fact) is not None]
    named = [fact for fact in able if _NAMES.fullmatch(fact.name.strip())]
    if named:
        return named[0]
    last = able[-1] if able and facts and able[-1].name == facts[-1].name else None
    few = last is not None and (pa.types.is_boolean(last.type) or (last.distinct is not None and last.distinct <= _MOST_CLASSES))
    return last if few else None


def label_code(fact: Facts) -> str | None:
    """The expression of a label: 0 and 1 of two values, numbers as they are, ids of several classes; None where there is none."""
    name = quoted(fact.name)
    if pa.types.is_boolean(fact.type):
        return f'col({name}).cast("int8")'
    if is_numeric(fact.type):
        return name
    if is_text(fact.type):
        if fact.distinct == 2 and len(fact.values) == 2:
            return f'(col({name}) == {quoted(fact.values[1])}).cast("int8")'
        return f"T.vocabulary({name})" if fact.distinct is None or fact.distinct <= _MOST_CLASSES else None
    return None
