"""Mail through a real server, once to each recipient."""

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mmm_orchestration.alerting.mail import Letter, find_missing, send_letters, write_mail
from mmm_orchestration.errors import DeliveryError
from mmm_orchestration.home import Home
from mmm_orchestration.project import Reports, Smtp
from tests.flow.small_project import write_small_project

from .postman import Postman, run_postman

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
LETTER = Letter("weekly p 2026-W10", "The week – £1", "text", "<p>html</p>", b"%PDF-1", "w.pdf")
BOTH = ("ann@example.com", "bob@example.com")
PASSWORD = "pl4nted-Passw0rd"  # noqa: S105 - planted, to be looked for


@pytest.fixture
def postman() -> Iterator[Postman]:
    """A mail server."""
    with run_postman() as postman:
        yield postman


def make_home(folder: Path, smtp: Smtp, *, allow_internal: bool = True) -> Home:
    """A project with two recipients."""
    home = write_small_project(folder / "p", first=NOW.date(), n_days=1)
    reports = Reports(recipients=BOTH, sender="mmm@example.com", smtp=smtp)
    alerts = home.project.alerts.model_copy(update={"allow_internal": allow_internal})
    project = home.project.model_copy(update={"reports": reports, "alerts": alerts})
    return replace(home, project=project)


@pytest.fixture
def home(tmp_path: Path, postman: Postman, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A project whose mail goes to the server."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return make_home(tmp_path, Smtp(host="127.0.0.1", port=postman.port, security="none"))


def test_each_recipient_gets_one_mail(home: Home, postman: Postman) -> None:
    """Text, HTML and PDF arrive once for each, however often the letter is sent."""
    assert send_letters(LETTER, home=home, now=NOW) == BOTH
    assert send_letters(LETTER, home=home, now=NOW) == ()
    assert [mail["To"] for mail in postman.got] == list(BOTH)
    mail = postman.got[0]
    assert mail["Subject"] == LETTER.subject
    kinds = [part.get_content_type() for part in mail.walk()]
    assert {"text/plain", "text/html", "application/pdf"} <= set(kinds)
    (pdf,) = mail.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content()) == ("w.pdf", b"%PDF-1")


def test_another_week_is_another_mail(home: Home, postman: Postman) -> None:
    """The record is by week and recipient."""
    send_letters(LETTER, home=home, now=NOW)
    send_letters(replace(LETTER, key="weekly p 2026-W11"), home=home, now=NOW)
    assert len({mail["Message-ID"] for mail in postman.got}) == 4


def test_a_recipient_who_fails_keeps_nobody_waiting(home: Home, postman: Postman) -> None:
    """The others get theirs, the error says so, and the next time the missing one is sent alone."""
    postman.refused.add(BOTH[0])
    with pytest.raises(DeliveryError, match="1 of 2 mails were not sent"):
        send_letters(LETTER, home=home, now=NOW)
    assert find_missing(LETTER.key, home=home) == (BOTH[0],)
    postman.refused.clear()
    assert send_letters(LETTER, home=home, now=NOW) == (BOTH[0],)
    assert [mail["To"] for mail in postman.got] == [BOTH[1], BOTH[0]]


def test_a_crash_before_the_record_repeats_the_message_id(home: Home) -> None:
    """A mail made again has the Message-ID of before, by which mail systems drop the second."""
    first, again = (
        write_mail(LETTER, reports=home.project.reports, recipient=BOTH[0], now=moment)
        for moment in (NOW, NOW.replace(hour=12))
    )
    assert first["Message-ID"] == again["Message-ID"]
    other = write_mail(LETTER, reports=home.project.reports, recipient=BOTH[1], now=NOW)
    assert other["Message-ID"] != first["Message-ID"]


def test_headers_take_no_line_break(home: Home, postman: Postman) -> None:
    """A subject that would add a header is refused before anything is sent."""
    evil = replace(LETTER, subject="week\r\nBcc: eve@example.com")
    with pytest.raises(DeliveryError, match="header 'Subject'"):
        send_letters(evil, home=home, now=NOW)
    assert postman.got == []


def test_internal_servers_are_refused(tmp_path: Path, postman: Postman) -> None:
    """Without alerts.allow_internal no mail server on loopback is used, however it is written."""
    for host in ("127.0.0.1", "localhost", "2130706433"):
        smtp = Smtp(host=host, port=postman.port, security="none")
        home = make_home(tmp_path / host, smtp, allow_internal=False)
        with pytest.raises(DeliveryError, match="internal address"):
            send_letters(LETTER, home=home, now=NOW)
    assert postman.got == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


@pytest.fixture
def secure(
    tmp_path: Path, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Home, Postman, list[str]]]:
    """A project, a server that wants STARTTLS and a password, and the passwords it saw."""
    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

    seen = list[str]()

    def login(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        seen.append(data.password.decode())
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*map(str, certificate))
    monkeypatch.setenv("SMTP_USER", "mmm")
    monkeypatch.setenv("SMTP_PASSWORD", PASSWORD)
    names = {"username_env": "SMTP_USER", "password_env": "SMTP_PASSWORD"}
    settings = {"tls_context": context, "require_starttls": True, "authenticator": login}
    with run_postman(**settings, auth_required=True) as postman:
        smtp = Smtp(host="localhost", port=postman.port, **names)
        yield make_home(tmp_path, smtp), postman, seen


def test_starttls_with_password(
    secure: tuple[Home, Postman, list[str]],
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a certificate that is trusted the password is sent encrypted, and the mail taken."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    home, postman, seen = secure
    assert send_letters(LETTER, home=home, now=NOW) == BOTH
    assert seen == [PASSWORD]
    assert len(postman.got) == 2


def test_a_certificate_that_nobody_trusts_is_refused(
    secure: tuple[Home, Postman, list[str]],
) -> None:
    """No password leaves for a server whose certificate does not verify."""
    home, postman, seen = secure
    with pytest.raises(DeliveryError, match="certificate verify failed"):
        send_letters(LETTER, home=home, now=NOW)
    assert (postman.got, seen) == ([], [])


def test_a_wrong_password_is_not_repeated(
    secure: tuple[Home, Postman, list[str]],
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error of a login holds no password."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    monkeypatch.setenv("SMTP_PASSWORD", f"{PASSWORD}-wrong")
    with pytest.raises(DeliveryError) as caught:
        send_letters(LETTER, home=secure[0], now=NOW)
    assert PASSWORD not in str(caught.value)


def test_a_missing_password_is_named(
    secure: tuple[Home, Postman, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the environment variables to set."""
    monkeypatch.delenv("SMTP_PASSWORD")
    with pytest.raises(DeliveryError, match="SMTP_USER and SMTP_PASSWORD"):
        send_letters(LETTER, home=secure[0], now=NOW)
