"""Internal addresses are out of reach, however they are written."""

import ipaddress
import socket
import threading
from contextvars import copy_context

import pytest

from mmm_orchestration.alerting.addresses import check_host, guard_connections, is_internal
from mmm_orchestration.errors import DeliveryError

pytestmark = pytest.mark.unit

INTERNAL = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "255.255.255.255", "224.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1"),  # noqa: S104
    *("::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::"),
)
SPELLINGS = (
    *("localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1"),
    *("[::1]", "::ffff:7f00:1", "[fe80::1%1]", "0"),
)


@pytest.mark.parametrize("text", INTERNAL)
def test_internal_addresses_are_known(text: str) -> None:
    """Loopback, private, link-local, shared and multicast, also inside IPv6."""
    assert is_internal(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_not(text: str) -> None:
    """Public addresses of both kinds pass."""
    assert not is_internal(ipaddress.ip_address(text))


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_passes(host: str) -> None:
    """Decimal, octal, hexadecimal, shortened and IPv6 forms of loopback are refused."""
    with pytest.raises(DeliveryError, match="internal address"):
        check_host(host, allow_internal=False)
    check_host(host, allow_internal=True)


def test_a_name_that_nobody_knows_is_refused() -> None:
    """A host without an address cannot be told from an internal one."""
    with pytest.raises(DeliveryError, match="cannot be found"):
        check_host("no.such.host.invalid", allow_internal=False)


def connect(port: int, *, to: str = "127.0.0.1") -> None:
    """Connects to loopback."""
    socket.create_connection((to, port), timeout=2).close()


def test_connections_are_held_to_it_also_in_threads() -> None:
    """Inside the guard loopback is out of reach, in threads with its context too; after it not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with guard_connections(allow_internal=False) as refused:
            for host in ("127.0.0.1", "localhost"):
                with pytest.raises(PermissionError, match="internal"):
                    connect(port, to=host)
            context = copy_context()
            thread = threading.Thread(target=lambda: context.run(_try_quietly, port))
            thread.start()
            thread.join()
        assert refused.count("127.0.0.1") == 3
        with guard_connections(allow_internal=True):
            connect(port)
        connect(port)


def _try_quietly(port: int) -> None:
    with pytest.raises(PermissionError):
        connect(port)


def test_socket_files_are_out_of_reach() -> None:
    """The guard refuses what is no address of the network."""
    with (
        guard_connections(allow_internal=False),
        socket.socket(socket.AF_UNIX) as sock,
        pytest.raises(PermissionError),
    ):
        sock.connect("/var/run/docker.sock")
