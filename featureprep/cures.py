"""How to mend what an operating system, a network or a store refuses."""

from __future__ import annotations

import errno

_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM)
_NO_ROOM = "the disk is full: make room (featureprep vacuum frees what is not needed)"
_NO_LARGE_FILES = "a limit on the size of files is set for this process (ulimit -f): raise it"
_NO_RIGHTS = "look at the rights, or the credentials, that this process has there"
_NO_FOLDER = "a part of this path is a file, not a folder: name another place"
_READ_ONLY = "this file system is read-only: choose another place, or mount it so that it can be written"
_TOO_MANY_OPEN = "too many files are open: raise the limit (ulimit -n)"
_NO_NETWORK = "look at the network and the address"
_NO_CREDENTIALS = "give credentials by the environment, a profile, or storage options"
_NO_S3_NETWORK = "look at the network and the address; AWS_ENDPOINT_URL names the endpoint, where it is not Amazon's"
_NO_S3_CREDENTIALS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN, where they are for a time), or AWS_PROFILE; "
    "for a bucket that all may read: storage_options={'anon': True} in a job"
)
_CURES = (
    _NO_ROOM, _NO_LARGE_FILES, _NO_RIGHTS, _NO_FOLDER, _READ_ONLY, _TOO_MANY_OPEN, _NO_NETWORK, _NO_CREDENTIALS, _NO_S3_NETWORK,
    _NO_S3_CREDENTIALS,
)  # fmt: skip


def cure(error: BaseException) -> str | None:
    """A hint for what was raised while something was read or written; None where nothing is known of it."""
    number = getattr(error, "errno", None)
    if number in _FULL or "No space left" in str(error):
        return _NO_ROOM
    if number == errno.EFBIG:
        return _NO_LARGE_FILES
    if isinstance(error, PermissionError) or number in _REFUSED:
        return _NO_RIGHTS
    if number == errno.ENOTDIR:
        return _NO_FOLDER
    if number == errno.EROFS:
        return _READ_ONLY
    if number in (errno.EMFILE, errno.ENFILE):
        return _TOO_MANY_OPEN
    amazon = any(cls.__module__.partition(".")[0] in ("botocore", "aiobotocore") for cls in type(error).__mro__)
    if isinstance(error, TimeoutError) or "connect" in str(error).lower():
        return _NO_S3_NETWORK if amazon else _NO_NETWORK
    if "credentials" in str(error).lower() or type(error).__name__ == "ProfileNotFound":
        return _NO_S3_CREDENTIALS if amazon else _NO_CREDENTIALS
    return None


def then_resume(hint: str | None, run_id: str) -> str | None:
    """The hint for a run that did not end: where it is one of these cures, how the run is finished after it."""
    return f"{hint}; then featureprep resume {run_id}" if hint in _CURES else hint
