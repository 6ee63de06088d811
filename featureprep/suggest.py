"""What a misspelt name may have meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from featureprep.errors import UnknownNameError
from featureprep.site import site


def no_attribute(owner: str, name: str, known: Iterable[str], meant: Mapping[str, str] | None = None) -> AttributeError:
    """The error for an attribute that there is not: told to people with a suggestion, to Python as an AttributeError.

    Parameters
    ----------
    owner : str
        As users write it, such as `fp.transforms`.
    known : names
        What there is; names that begin with an underscore are not suggested.
    meant : mapping of str to str, optional
        What is said of names that other libraries have.
    """
    if name.startswith("_"):  # asked for by Python and its tools, which look whether it is there
        return AttributeError(f"{owner} has no attribute {name!r}")
    names = sorted(each for each in known if not each.startswith("_"))
    if meant and name in meant:
        hint = meant[name]
    elif close := get_close_matches(name.lower(), names, n=3, cutoff=0.8) or get_close_matches(name.lower(), names, n=1, cutoff=0.6):
        hint = f"Did you mean {' or '.join(close)}?"
    else:
        hint = f"It has: {', '.join(names)}."
    return UnknownNameError(f"{owner} has no {name!r}", where=site(), hint=hint)
