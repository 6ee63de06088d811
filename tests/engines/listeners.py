"""What may listen at an address in place of a cluster: real listeners on loopback, gone at the end of the context."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """The port of one that takes connections, and says nothing: as a web server does, until it has a line of a request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def saying(words: bytes) -> Iterator[int]:
    """The port of one that says `words` to whoever connects, and leaves the connection open; where there are no words, it hangs up."""
    made: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):  # it was closed
                while True:
                    one, _ = listener.accept()
                    if words:
                        made.append(one)
                        one.sendall(words)
                    else:
                        one.close()

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join(10)
            for one in made:
                one.close()
