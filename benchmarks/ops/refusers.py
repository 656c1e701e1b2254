"""Servers on loopback that take a secret, remember it, refuse it and say it back.

Belongs here: web, proxy, object store, mail and database as far as a client tells its secret. Must
not: whether a secret leaked (see `secrets`).
"""

import base64
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

_PROTOCOL_3 = 196_608  # what a client of Postgres begins with, else it asks for encryption


@dataclass
class Refusers:
    """Where each of them listens, and all that they were told."""

    web: int
    mail: int
    database: int
    certificate: Path
    told: list[bytes] = field(default_factory=list)

    def list_told(self) -> bytes:
        """Everything that was told, one after the other."""
        return b"\n".join(self.told)


@contextmanager
def run_refusers(folder: Path) -> Iterator[Refusers]:
    """The servers, up; the certificate of the mail server is made in `folder`."""
    told = list[bytes]()
    certificate, key = make_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with ExitStack() as stack:
        web = stack.enter_context(_serve(ThreadingHTTPServer, _Web, told=told))
        database = stack.enter_context(
            _serve(socketserver.ThreadingTCPServer, _Database, told=told)
        )
        mail = stack.enter_context(_serve_mail(context, told=told))
        yield Refusers(web, mail, database, certificate, told)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key."""
    made, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"]
    command += ["subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


class _Web(BaseHTTPRequestHandler):
    """Any method, as a server, a proxy or an object store; what is refused is not tried again."""

    told: ClassVar[list[bytes]]

    def handle_one_request(self) -> None:
        """Remembers the request and says its credentials back."""
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        length = int(self.headers.get("content-length") or 0)
        said = self.headers.get("authorization", "")
        kind, _, credentials = said.partition(" ")
        if kind == "Basic":
            said = base64.b64decode(credentials).decode(errors="replace")
        self.told.append(self.raw_requestline + bytes(self.headers) + self.rfile.read(length))
        body = f"refused: {said} for {self.path}".encode()
        self.send_response(403, "refused")
        self.send_header("content-length", str(len(body)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Prints nothing."""


class _Database(socketserver.BaseRequestHandler):
    """The beginning of Postgres's protocol, up to the password."""

    told: ClassVar[list[bytes]]

    def handle(self) -> None:
        """Remembers the password and says it back."""
        while True:
            (length,) = struct.unpack("!i", self._take(4))
            (code,) = struct.unpack("!i", self._take(4))
            self._take(length - 8)
            if code == _PROTOCOL_3:
                break
            self.request.sendall(b"N")
        self.request.sendall(b"R" + struct.pack("!ii", 8, 3))
        kind = self._take(1)
        (length,) = struct.unpack("!i", self._take(4))
        password = self._take(length - 4)
        self.told.append(kind + password)
        said = b"SFATAL\0C28P01\0Mno user with password " + password.rstrip(b"\0") + b"\0\0"
        self.request.sendall(b"E" + struct.pack("!i", len(said) + 4) + said)

    def _take(self, n: int) -> bytes:
        taken = b""
        while len(taken) < n:
            part = self.request.recv(n - len(taken))
            if not part:
                raise ConnectionError("the client hung up")
            taken += part
        return taken


@contextmanager
def _serve(
    server: type[socketserver.TCPServer], handler: type[Any], *, told: list[bytes]
) -> Iterator[int]:
    own = type(handler.__name__, (handler,), {"told": told})
    with server(("127.0.0.1", 0), own) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        try:
            yield running.server_address[1]
        finally:
            running.shutdown()


@contextmanager
def _serve_mail(context: ssl.SSLContext, *, told: list[bytes]) -> Iterator[int]:
    def refuse(*given: object) -> AuthResult:
        data = given[-1]
        assert isinstance(data, LoginPassword)
        told.append(data.password)
        said = f"535 5.7.8 nobody has the password {data.password.decode(errors='replace')}"
        return AuthResult(success=False, handled=False, message=said)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    controller = Controller(
        object(), hostname="127.0.0.1", port=port, tls_context=context, authenticator=refuse,
        auth_require_tls=False,
    )  # fmt: skip
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
