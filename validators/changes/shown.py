"""Changes of a contract as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from featureprep.validators.changes.change import ChangeClass, ContractChange


def change_lines(change: ContractChange, old: str, new: str) -> list[str]:
    """A change with its class, its places and what it means.

    Parameters
    ----------
    old, new : str
        What to call the files before and after.
    """
    places = [f"{file}:{line}" for file, line in zip((old, new), change.lines, strict=True) if line is not None]
    at = f"  [{' -> '.join(places)}]" if places else ""
    return [f"{change.kind.upper()}: {change_text(change)}{at}", f"  {change.meaning}"]


def change_text(change: ContractChange) -> str:
    """What it is about, and how that is stated before and after."""
    where = ".".join(part for part in (change.source, change.column) if part)
    text = f"{change.before} -> {change.after}" if change.before and change.after else change.after or change.before
    sign = f"{change.change}: " if change.change in ("added", "removed") else ""
    return f"{where}: {sign}{text}" if where else f"{sign}{text}"


def counted(changes: Sequence[ContractChange]) -> str:
    """How many there are of which class."""
    if not changes:
        return "no change"
    by_class = [f"{n} {kind}" for kind in ChangeClass if (n := sum(change.kind == kind for change in changes))]
    return f"{len(changes)} change{'s' * (len(changes) > 1)}: {', '.join(by_class)}"


def verdict(changes: Sequence[ContractChange], old: str, new: str) -> list[str]:
    """How many changes there are, and which contract takes the data of the other."""
    if not changes:
        return [f"{old} and {new} state the same"]
    backward, forward = (all(getattr(change, way) for change in changes) for way in ("backward", "forward"))
    told = {
        (True, True): f"all data that passes one of {old} and {new} passes the other",
        (True, False): f"all data that passes {old} passes {new}, and not the other way round",
        (False, True): f"all data that passes {new} passes {old}, and not the other way round",
        (False, False): f"data that passes {old} may fail {new}, and the other way round",
    }[(backward, forward)]
    return [f"{counted(changes)}; {told}"]
