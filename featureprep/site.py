"""Where in the user's own files a call was made."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from featureprep.errors import FeatureprepError

P = ParamSpec("P")
R = TypeVar("R")


def site() -> str | None:
    """`file:line` of the nearest caller outside featureprep."""
    frame = sys._getframe(1)
    while frame is not None:
        if not f"{frame.f_globals.get('__name__', '')}.".startswith("featureprep."):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return None


def placed(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: an error that the function raises names the line of its caller."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except FeatureprepError as error:
            raise error.at(site() or "") from None

    return call
