"""What of apprise is let in."""

import pytest

from mmm_orchestration.alerting.sending import HOSTED, VENDORS, send
from mmm_orchestration.alerting.wording import Message
from mmm_orchestration.errors import DeliveryError
from mmm_orchestration.project import AlertTarget

from .listener import SECRET, listen

pytestmark = pytest.mark.unit

TARGET = AlertTarget(name="team", url_env="TEAM_URL")
MESSAGE = Message("title", "a <b>body</b>\nin two lines", "failure", "thread")


def send_to(url: str, *, monkeypatch: pytest.MonkeyPatch, allow_internal: bool = False) -> None:
    """Sends the message to the URL."""
    monkeypatch.setenv("TEAM_URL", url)
    send(MESSAGE, target=TARGET, allow_internal=allow_internal)


REFUSED = [
    ("", "has no URL"),
    ("file:///etc/passwd", "names no service"),
    ("syslog://", "names no service"),
    ("apprise://example.com/x", "names no service"),
    ("http://example.com/config", "names no service"),
    ("include://x", "names no service"),
    ("json://8.8.8.8/?template=/etc/passwd", "the parameter 'template'"),
    ("mailto://a:b@gmail.com?pgpprv=/etc/x", "the parameter 'pgpprv'"),
    ("jsons://8.8.8.8/?verify=no", "the parameter 'verify'"),
    ("json://8.8.8.8/?redirect=yes", "the parameter 'redirect'"),
    ("json://8.8.8.8/ json://8.8.4.4", "more than one place"),
    ("json://[::1", "is no URL"),
    ("json://2130706433/x", "internal address"),
    ("ntfy://0177.0.0.1/x", "internal address"),
    ("workflows://localhost/a/b", "internal address"),
    ("matrix://user:pass@[::ffff:127.0.0.1]/x", "internal address"),
]


@pytest.mark.parametrize(("url", "words"), REFUSED)
def test_refused(url: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other services, files, unsafe parameters and internal hosts are refused with a reason."""
    with pytest.raises(DeliveryError, match=words):
        send_to(url, monkeypatch=monkeypatch)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "::1"])
def test_internal_mail_servers_are_refused_when_connecting(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail server is found by apprise, so it is refused at the connection."""
    with pytest.raises(DeliveryError, match="internal address"):
        send_to(f"mailto://a:b@example.com?smtp={host}&to=c@example.com", monkeypatch=monkeypatch)


def test_a_name_that_changes_its_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that is public when it is checked and internal when it is used is not reached."""
    import socket

    real, asked = socket.getaddrinfo, list[object]()

    def resolve(host: object, *arguments: object, **named: object) -> object:
        asked.append(host)
        return real("8.8.8.8" if len(asked) == 1 else "127.0.0.1", *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with listen() as server, pytest.raises(DeliveryError, match="internal address"):
        send_to(f"json://turns.example:{server.port}/", monkeypatch=monkeypatch)
    assert len(asked) > 1
    assert server.got == []


def test_a_message_arrives_where_internal_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Title, body and tone arrive as they are."""
    with listen() as server:
        send_to(server.url, monkeypatch=monkeypatch, allow_internal=True)
    assert server.got[0]["title"] == "title"
    assert server.got[0]["message"] == MESSAGE.body
    assert server.got[0]["type"] == "failure"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect is a failure, and where it leads nothing arrives."""
    with listen() as inner, listen() as server:
        server.status, server.location = status, f"http://127.0.0.1:{inner.port}/"
        with pytest.raises(DeliveryError, match="did not take") as caught:
            send_to(server.url, monkeypatch=monkeypatch, allow_internal=True)
    assert inner.got == []
    assert SECRET not in str(caught.value)


def test_every_service_is_known_to_apprise() -> None:
    """Each service that is let in is one of apprise, and those of vendors name no host."""
    from apprise import Apprise

    known = Apprise().details()["schemas"]
    by_name = {
        name: s for s in known for name in (*(s["protocols"] or ()), *(s["secure_protocols"] or ()))
    }
    assert by_name.keys() >= VENDORS | HOSTED
    for name in VENDORS:
        assert "host" not in by_name[name]["details"]["tokens"], name
