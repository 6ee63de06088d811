"""Asking who listens at an address before Spark does: Spark itself would try for minutes, and then say that it was stopped."""

from __future__ import annotations

import socket
import struct
import time

from featureprep.errors import WorldError

REACH_SECONDS = 10.0
"""In which something has to listen there."""
ANSWER_SECONDS = 30.0
"""In which it has to answer."""
NO_MASTER = "no Spark master answers there"
ADDRESS = "is this the spark://host:port that the master printed? Its web page and Spark Connect (sc://) have ports of their own"

_STREAM_REQUEST, _STREAM_FAILURE = 6, 8
_NAME = b"/files/featureprep-hello"
_LENGTH = struct.Struct(">QB")
_LONGEST = 1 << 16
"""Bytes of an answer that says there is no such file."""
_TLS_ALERT = 0x15


def knock(url: str, address: str, default: int) -> tuple[str, int]:
    """See that anything listens; its host and port.

    Parameters
    ----------
    url : str
        The address, as a message names it.
    address : str
        `host` or `host:port`.
    default : int
        The port where none is said.

    Raises
    ------
    WorldError
    """
    host, separator, port = address.rpartition(":")
    if not separator:
        host, port = address, str(default)
    place = host.strip("[]"), port
    try:
        socket.create_connection((place[0], int(port)), REACH_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise WorldError(
            f"nothing answers there: {error}", where=url, hint="see that Spark runs at that address, and that a firewall lets you through"
        ) from error
    return place[0], int(port)


def greet_master(url: str, place: tuple[str, int]) -> None:
    """See that what listens speaks as Spark's processes do among each other.

    It is asked for a file that there is not: of all messages of that protocol (`org.apache.spark.network.protocol`) one that is answered without
    Java's serialisation, and before a shared secret is. Who hangs up, or speaks TLS, may be a master all the same: Spark will see.

    Raises
    ------
    WorldError
        Something else answers, or nothing in time.
    """
    body = struct.pack(">BI", _STREAM_REQUEST, len(_NAME)) + _NAME
    request = struct.pack(">Q", 8 + len(body)) + body
    until, answer = time.monotonic() + ANSWER_SECONDS, b""
    try:
        with socket.create_connection(place, REACH_SECONDS) as made:
            made.sendall(request)
            while len(answer) < _LENGTH.size:
                made.settimeout(max(until - time.monotonic(), 0.001))
                some = made.recv(_LENGTH.size - len(answer))
                if not some:
                    break
                answer += some
    except TimeoutError as error:
        raise WorldError(f"{NO_MASTER} in {ANSWER_SECONDS:.0f} seconds", where=url, hint=ADDRESS) from error
    except OSError:  # hung up
        return
    if len(answer) < _LENGTH.size or answer[0] == _TLS_ALERT:
        return
    length, kind = _LENGTH.unpack(answer)
    if kind != _STREAM_FAILURE or length > _LONGEST:
        raise WorldError(f"{NO_MASTER}, but something else", where=url, hint=ADDRESS)
