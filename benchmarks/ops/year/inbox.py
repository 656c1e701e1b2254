"""The web server on loopback that stands for the team's chat, and that can be down.

Belongs here: receiving. Must not: judging what came.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Inbox:
    """What was taken, as (path, title, text); nothing while `is_down`, though it is asked."""

    port: int
    is_down: bool = False
    got: list[tuple[str, str, str]] = field(default_factory=list)
    n_refused: int = 0

    def url(self, path: str) -> str:
        """The apprise URL of one of its paths."""
        return f"json://127.0.0.1:{self.port}/{path}"


@contextmanager
def open_inbox() -> Iterator[Inbox]:
    """A server on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if inbox.is_down:
                inbox.n_refused += 1
            else:
                inbox.got.append((self.path.strip("/"), body["title"], body["message"]))
            self.send_response(503 if inbox.is_down else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        inbox = Inbox(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield inbox
        finally:
            server.shutdown()
            thread.join()
