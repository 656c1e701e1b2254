"""A real mail server on loopback that keeps what it takes."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Postman:
    """What came in; of recipients in `refused` nothing is taken.

    `at_mail` is called when a mail has come, before the sender is answered.
    """

    port: int
    got: list[EmailMessage] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    at_mail: Callable[[], None] | None = None

    async def handle_RCPT(  # noqa: N802 - the name is that of the library
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The answer to the name of a recipient."""
        if address in self.refused:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name is that of the library
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keeps a mail."""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.got.append(mail)
        if self.at_mail is not None:
            self.at_mail()
        return "250 OK"


@contextmanager
def run_postman(**settings: object) -> Iterator[Postman]:
    """A mail server on a free port of loopback; `settings` are those of aiosmtpd."""
    postman = Postman(_find_free_port())
    controller = Controller(postman, hostname="127.0.0.1", port=postman.port, **settings)
    controller.start()
    try:
        yield postman
    finally:
        controller.stop()


def _find_free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
