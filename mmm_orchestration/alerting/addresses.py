"""Internal addresses kept out of reach: before a message is sent, and at every connection.

A name is checked by what it resolves to, and every connection by the address that it is made to, so
that other spellings, redirects and names that change their address in between lead nowhere.
"""

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from mmm_orchestration.errors import DeliveryError

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_FIX: Final = "Name a public address, or set alerts.allow_internal: true in mmm.yaml"
_CONNECTING: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_refused: ContextVar[list[str] | None] = ContextVar("refused", default=None)


def is_internal(address: Address) -> bool:
    """Whether the address is anything but public, such as loopback, private or link-local.

    An IPv6 address that stands for an IPv4 one is as internal as that one.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and is_internal(inner):
            return True
    return not address.is_global or address.is_multicast


def check_host(host: str, *, allow_internal: bool) -> None:
    """Raises DeliveryError where `host`, in any spelling, is or resolves to an internal address."""
    if allow_internal:
        return
    if any(map(is_internal, _resolve(host))):
        raise DeliveryError("The host is an internal address", fix=_FIX)


def _resolve(host: str) -> list[Address]:
    """The addresses of `host`; numbers of any base are read as the system reads them."""
    bare = host.strip("[]").partition("%")[0]
    try:
        found = socket.getaddrinfo(bare, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryError("The host cannot be found", fix="Check its spelling") from error
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


@contextmanager
def guard_connections(*, allow_internal: bool) -> Iterator[list[str]]:
    """Refuses connections to internal addresses, with PermissionError, made in this context.

    Threads that copy the context are held to it too. The list names what was refused, for callers
    whose libraries keep the error to themselves.
    """
    _install_hook()
    refused = list[str]()
    token = _refused.set(None if allow_internal else refused)
    try:
        yield refused
    finally:
        _refused.reset(token)


def _refuse_internal(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: it sees every connection of the process and stops the guarded ones."""
    if event not in _CONNECTING:
        return
    refused = _refused.get()
    if refused is None:
        return
    address = arguments[1]
    host = str(address[0]) if isinstance(address, tuple) else ""
    try:
        is_refused = is_internal(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        is_refused = True  # a socket file, or a name that nobody has resolved
    if is_refused:
        refused.append(host)
        raise PermissionError("a connection to an internal address was refused")


_hooks: list[object] = []


def _install_hook() -> None:
    """Adds the audit hook once; Python keeps it until the process ends."""
    if not _hooks:
        _hooks.append(_refuse_internal)
        sys.addaudithook(_refuse_internal)
