"""How to mend what an operating system, a network or a store refuses."""

from __future__ import annotations

import errno

_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM)


def cure(error: BaseException) -> str | None:
    """A hint for what was raised while something was read or written; None where nothing is known of it."""
    number = getattr(error, "errno", None)
    if number in _FULL or "No space left" in str(error):
        return "the disk is full: make room (featureprep vacuum frees what is not needed), then featureprep resume"
    if number == errno.EFBIG:
        return "a limit on the size of files is set for this process (ulimit -f): raise it, then featureprep resume"
    if isinstance(error, PermissionError) or number in _REFUSED:
        return "look at the rights, or the credentials, that this process has there"
    if number == errno.EROFS:
        return "this file system is read-only: choose another place, or mount it so that it can be written"
    if number in (errno.EMFILE, errno.ENFILE):
        return "too many files are open: raise the limit (ulimit -n)"
    if isinstance(error, TimeoutError) or "connect" in str(error).lower():
        return "look at the network and the address, then run again; a run that was under way can be resumed"
    if "credentials" in str(error).lower():
        return "give credentials by the environment, a profile, or storage options"
    return None
