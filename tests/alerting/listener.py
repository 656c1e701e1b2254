"""A real web server on loopback that keeps what it is sent, and may refuse or redirect it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mmm_orchestration.home import Home

SECRET = "sec-R3t-T0ken-9f2c6f0d"  # noqa: S105 - planted, to be looked for


@dataclass
class Listener:
    """What came in; `status` is what is answered, with `location` where it redirects."""

    port: int
    status: int = 200
    location: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The apprise URL of the server, with a secret in it."""
        return f"json://user:{SECRET}@127.0.0.1:{self.port}/{SECRET}/hook"

    @property
    def titles(self) -> list[str]:
        """The titles of what was taken, in order."""
        return [message["title"] for message in self.got]


@contextmanager
def listen() -> Iterator[Listener]:
    """A server on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if listener.status == 200:
                listener.got.append(json.loads(body))
            self.send_response(listener.status)
            if listener.location:
                self.send_header("Location", listener.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener = Listener(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()


def add_alerts(home: Home, alerts: str) -> Home:
    """The home with a section `alerts` in its project file."""
    from mmm_orchestration.home import open_home

    with (home.base / "mmm.yaml").open("a", encoding="utf-8") as file:
        file.write(alerts)
    return open_home(home.base / "mmm.yaml")
