"""What the comment above a column's features says of cells that are not taken as their writer may have meant them."""

from __future__ import annotations

import pyarrow as pa

from featureprep.jobs.odd_spellings import cure, is_odd, what
from featureprep.jobs.scaffold.code import quoted
from featureprep.jobs.scaffold.facts import Facts


def remark(facts: Facts) -> str | None:
    """What is to be known of a column, with the code or the line of the contract that changes it; None where nothing is."""
    if facts.spelling is not None and is_odd(facts.spelling):
        return f"{quoted(facts.name)}: {what(facts.spelling)}; to take them so: {cure(facts.name, facts.spelling)}"
    if facts.zeros:
        return f"{quoted(facts.name)}: some cells begin with a zero, which a number loses; `type: string` in contract.yaml keeps it"
    if facts.offset or (pa.types.is_timestamp(facts.type) and facts.type.tz not in (None, "UTC")):
        return (
            f"{quoted(facts.name)}: these are times in UTC: 21:15+02:00 is of hour 19; for what clocks in a place show: "
            f'col({quoted(facts.name)}).dt.to_local("Europe/Berlin")'
        )
    return None
