"""Mail by SMTP, once to each recipient.

A mail is on record when the server has taken it. Only a crash between the two sends it again, with
the Message-ID that it had: mail systems drop what they have had.
"""

import hashlib
import os
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime

from filelock import FileLock

from mmm_orchestration.alerting.addresses import check_host, guard_connections
from mmm_orchestration.alerting.redaction import list_secret_names, redact
from mmm_orchestration.alerting.telling import open_outbox
from mmm_orchestration.errors import DeliveryError
from mmm_orchestration.home import Home
from mmm_orchestration.project import Reports, Smtp

LOCK_NAME = "mail.lock"
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Letter:
    """A mail to several people, with a PDF; `key` is the same whenever it is made again."""

    key: str
    subject: str
    text: str
    html: str
    attachment: bytes
    file_name: str


def send_letters(letter: Letter, *, home: Home, now: datetime) -> tuple[str, ...]:
    """The recipients that the letter was sent to now; those who had it are left out.

    Each gets a mail of their own. Raises DeliveryError after the last one where some failed.
    """
    reports = home.project.reports
    if not reports.recipients or reports.smtp is None or reports.sender is None:
        return ()
    with FileLock(home.dagster_home / LOCK_NAME):
        missing = find_missing(letter.key, home=home)
        mails = [write_mail(letter, reports=reports, recipient=r, now=now) for r in missing]
        failed = _send(mails, smtp=reports.smtp, home=home, key=letter.key, now=now)
    if failed:
        raise DeliveryError(
            f"{len(failed)} of {len(mails)} mails were not sent: {next(iter(failed.values()))}",
            fix="The schedule tries again; those who had it get no second one",
        )
    return missing


def find_missing(key: str, *, home: Home) -> tuple[str, ...]:
    """The recipients of mmm.yaml who have not had the letter with this key."""
    outbox = open_outbox(home)
    names = home.project.reports.recipients
    return tuple(name for name in names if not outbox.is_mailed(_name_key(key, name)))


def write_mail(letter: Letter, *, reports: Reports, recipient: str, now: datetime) -> EmailMessage:
    """The mail to one recipient; its Message-ID follows from letter and recipient.

    Raises DeliveryError where a header would hold a line break.
    """
    sender = reports.sender or ""
    mail = EmailMessage(policy=SMTP_POLICY)
    digest = hashlib.sha256(_name_key(letter.key, recipient).encode()).hexdigest()[:32]
    headers = {
        "Subject": letter.subject,
        "From": sender,
        "To": recipient,
        "Date": format_datetime(now),
        "Message-ID": f"<{digest}@{sender.partition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
    }
    try:
        for name, value in headers.items():
            mail[name] = value
    except (ValueError, MessageError) as error:
        raise DeliveryError(
            f"The header '{name}' of a mail is refused", fix="Take line breaks out of it"
        ) from error
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    mail.add_attachment(
        letter.attachment, maintype="application", subtype="pdf", filename=letter.file_name
    )
    return mail


def _name_key(key: str, recipient: str) -> str:
    return f"{key} {recipient.casefold()}"


def _send(
    mails: Sequence[EmailMessage], *, smtp: Smtp, home: Home, key: str, now: datetime
) -> dict[str, str]:
    """Why mails were not taken, by recipient; those that were are on record.

    Raises DeliveryError where the server cannot be used at all.
    """
    outbox, failed = open_outbox(home), dict[str, str]()
    if not mails:
        return failed
    allow_internal, secrets = home.project.alerts.allow_internal, list_secret_names(home.project)
    check_host(smtp.host, allow_internal=allow_internal)
    try:
        with guard_connections(allow_internal=allow_internal), _open(smtp) as server:
            for mail in mails:
                recipient = str(mail["To"])
                try:
                    server.send_message(mail)
                except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
                    failed[recipient] = redact(str(error), names=secrets)
                    continue
                name = _name_key(key, recipient)
                outbox.note_mailed(name, message_id=str(mail["Message-ID"]), now=now)
    except (OSError, smtplib.SMTPException) as error:
        said = redact(f"{type(error).__name__}: {error}", names=secrets)
        raise DeliveryError(
            f"The mail server '{smtp.host}' cannot be used: {said}",
            fix="Look at reports.smtp in mmm.yaml and whether the server is up",
        ) from None
    return failed


def _read_credentials(smtp: Smtp) -> tuple[str, str] | None:
    """User and password from the environment; DeliveryError where they are named and missing."""
    if smtp.username_env is None or smtp.password_env is None:
        return None
    values = [os.environ.get(name, "") for name in (smtp.username_env, smtp.password_env)]
    if not all(values):
        raise DeliveryError(
            "The mail server needs a user and a password",
            fix=f"Set the environment variables {smtp.username_env} and {smtp.password_env}",
        )
    return values[0], values[1]


@contextmanager
def _open(smtp: Smtp) -> Iterator[smtplib.SMTP]:
    """A connection to the mail server, encrypted as declared, with its certificate verified."""
    credentials, context = _read_credentials(smtp), ssl.create_default_context()
    server: smtplib.SMTP
    if smtp.security == "tls":
        server = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS)
    with server:
        if smtp.security == "starttls":
            server.starttls(context=context)
        if credentials is not None:
            server.login(*credentials)
        yield server
