"""Events sent to a collector over HTTP, or added to a file. What goes wrong is a warning: lineage never fails a run that has committed."""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from email.message import Message
from typing import IO, Any

from featureprep.errors import ArgumentError
from featureprep.lineage.events import Event, to_ndjson
from featureprep.lineage.naming import name_of

_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token to another host, and turn a POST into a GET."""

    def redirect_request(self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str) -> None:
        return None


def check_target(target: str) -> None:
    """Refuse a place where events cannot go, before a run begins.

    Raises
    ------
    ArgumentError
        For a URL that is not http(s) or file, holds credentials, or names no host.
    """
    scheme, url, rest = target.partition("://")
    authority = rest.partition("/")[0]
    if not target or "\x00" in target or (url and scheme not in ("http", "https", "file")):
        raise ArgumentError.of("lineage target", "a run", "an http(s) URL or the path of a file", str(name_of(target))[:200])
    if scheme in ("http", "https") and url:
        if "@" in authority:
            raise ArgumentError(
                "the URL for lineage holds credentials, which would end up in logs", hint="name an environment variable with a token"
            )
        if not authority or any(c <= " " or c == "\x7f" for c in target) or not target.isascii():
            raise ArgumentError.of("lineage target", "a run", "a URL with a host, percent-encoded", str(name_of(target))[:200])


def send(
    events: Sequence[Event],
    target: str,
    *,
    token_env: str | None = None,
    timeout: float = 5.0,
    retries: int = 3,
    backoff: float = 0.5,
    sleep: Callable[[float], object] = time.sleep,
) -> list[str]:
    """Hand events over, in order.

    Parameters
    ----------
    target : str
        An http(s) URL that takes OpenLineage events by POST (".../api/v1/lineage"), or a path or file:// URL to append to.
    token_env : str, optional
        Name of the environment variable that holds a bearer token; where it is unset or empty, none is sent. The token is never shown.
    timeout : float
        Seconds for one request.
    retries : int
        Further tries after a lost connection or an answer that says to come back; `backoff` seconds, doubled each time, between them.

    Returns
    -------
    list of str
        What went wrong; empty when all events arrived. After the first that does not arrive the others are not tried.
    """
    try:
        check_target(target)
    except ArgumentError as error:
        return [f"lineage was not sent: {error.what}"]
    if target.startswith(("http://", "https://")):
        token = os.environ.get(token_env, "") if token_env else ""
        if not token.isascii() or any(c <= " " for c in token):
            return [f"lineage was not sent: the environment variable {token_env} holds something that is no token"]
        return _post_all(events, target, token, timeout, retries, backoff, sleep)
    try:
        with open(target.removeprefix("file://"), "ab") as file:
            file.write(to_ndjson(events).encode("ascii"))  # one write: lines of two runs do not mix
    except OSError as error:
        return [f"lineage was not written to {target[:200]}: {error.strerror or error}"]
    return []


def _post_all(
    events: Sequence[Event], url: str, token: str, timeout: float, retries: int, backoff: float, sleep: Callable[[float], object]
) -> list[str]:
    shown = str(name_of(url))[:200]
    for number, event in enumerate(events, 1):
        problem: str | None = None
        for attempt in range(retries + 1):
            if attempt:
                sleep(backoff * 2 ** (attempt - 1))
            problem, again = _post(to_ndjson([event]).encode("ascii"), url, token, timeout)
            if not again:
                break
        if problem:
            return [f"lineage was not sent to {shown} (event {number} of {len(events)}, {event['eventType']}): {problem}"]
    return []


def _post(body: bytes, url: str, token: str, timeout: float) -> tuple[str | None, bool]:
    """What went wrong (None: nothing), and whether another try may help."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 (http or https: checked)
        opener: Any = urllib.request.build_opener(_NoRedirects())
        with opener.open(request, timeout=timeout):
            return None, False
    except urllib.error.HTTPError as error:
        with error:
            return f"the server answered {error.code}", error.code in _TRANSIENT
    except urllib.error.URLError as error:
        return f"no connection ({type(error.reason).__name__ if isinstance(error.reason, OSError) else error.reason})", True
    except (OSError, http.client.HTTPException) as error:
        return f"the connection broke ({type(error).__name__})", True
    except ValueError as error:  # a port that is no number, a host with a bad label
        return f"this is no URL to send to ({type(error).__name__})", False
