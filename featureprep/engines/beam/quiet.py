"""Beam's log records kept from a user's terminal while the engine works: what went wrong is in the error that is raised."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("apache_beam", "FlinkJarJobServer", "PrismJobServer")


def _ours(record: logging.LogRecord) -> bool:
    return "apache_beam" not in record.pathname


@contextmanager
def quiet() -> Iterator[None]:
    """No record of Beam's below CRITICAL, but where a user has set a level for its loggers. Nor does Beam set up logging for the process,
    nor do its threads print why they ended.
    """
    told = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        frames = traceback.extract_tb(args.exc_traceback)
        if not any("apache_beam" in frame.filename for frame in frames):
            told(args)

    threading.excepthook = hook
    root, silent = logging.getLogger(), logging.NullHandler()
    named = [logger for name in _NAMES if (logger := logging.getLogger(name)).level == logging.NOTSET]
    root.addHandler(silent)  # or its first `logging.warning` would give the root logger a handler that writes to stderr
    root.addFilter(_ours)
    for logger in named:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        threading.excepthook = told
        root.removeHandler(silent)
        root.removeFilter(_ours)
        for logger in named:
            logger.setLevel(logging.NOTSET)
