"""What every request passes before the application sees it.

Belongs here: keys, rates, the size of bodies, headers of security, the audit log. Must not: what a
route does, nor which scope it needs (see `routes`).

The order is that of cost: a request without a key is refused before a byte of its body is read,
and a body is refused as soon as it is known to be too large, whether or not its length was told.
"""

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mmm_orchestration.api.audit import Audit
from mmm_orchestration.api.keys import ApiKey
from mmm_orchestration.api.planner_page import FILES
from mmm_orchestration.api.problems import RefusedError, write_problem
from mmm_orchestration.api.ring import Ring

HEALTH: Final = "/healthz"
OPEN: Final = frozenset({HEALTH, *FILES})  # what needs no key
BODY_SECONDS: Final = 30.0
_MAX_DIGITS: Final = 18
# what the log says of a client that was gone before its answer
_UNANSWERED: Final = 499
_KNOWN_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_SAFE: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class Gate:
    """The application behind the gate."""

    def __init__(self, app: ASGIApp, *, ring: Ring, audit: Audit, max_body: int) -> None:
        self.app, self.ring, self.audit, self.max_body = app, ring, audit, max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer of the application, or a refusal; either is in the audit log."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, key, is_told = time.perf_counter(), None, False
        state: MutableMapping[str, Any] = scope.setdefault("state", {})

        def tell(status: int) -> None:
            nonlocal is_told
            is_told = True
            self.audit.write(
                key=key.name if key else None,
                method=scope["method"] if scope["method"] in _KNOWN_METHODS else "OTHER",
                route=getattr(scope.get("route"), "path", "none"),
                status=status,
                ms=1000 * (time.perf_counter() - started),
                version=state.get("version", ""),
            )

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                # on record before anyone has the answer
                tell(message["status"])
                own = {name for name, _ in message.get("headers", ())}
                added = [(name, value) for name, value in _SAFE if name not in own]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        try:
            if scope["path"] not in OPEN:
                key = state["key"] = self._admit(scope)
            body = await read_body(scope, receive, limit=self.max_body)
            await self.app(scope, _replay(body, receive), send_safely)
        except RefusedError as error:
            await _refuse(error, send=send_safely)
        finally:
            if not is_told:
                tell(_UNANSWERED)

    def _admit(self, scope: Scope) -> ApiKey:
        """The key of the request; raises RefusedError without one, or where it asks too often."""
        found = [value for name, value in scope["headers"] if name == b"authorization"]
        kind, _, presented = found[0].decode("latin-1").partition(" ") if found else ("", "", "")
        key = self.ring.find(presented.strip())
        if key is None or kind.lower() != "bearer" or len(found) > 1:
            raise RefusedError(
                401,
                "This needs an API key",
                fix="Send 'Authorization: Bearer KEY'; 'mmm keys new' makes one",
                headers={"www-authenticate": "Bearer"},
            )
        wait = self.ring.take(key)
        if wait:
            raise RefusedError(
                429,
                f"Key '{key.name}' asks too often",
                fix="Wait as long as Retry-After says",
                headers={"retry-after": str(int(wait) + 1)},
            )
        return key


async def read_body(scope: Scope, receive: Receive, *, limit: int) -> bytes:
    """The whole body, of at most `limit` bytes.

    Raises RefusedError: 413 as soon as there is more, before anything is read where the client says
    so itself; 400 where it says how long it is and that is no number, or hangs up; 408 where it
    takes too long.
    """
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not told.isdigit():
        raise RefusedError(400, "The content length is no number")
    if len(told) > _MAX_DIGITS or int(told) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RefusedError(400, "The client hung up")
                body += message.get("body", b"")
                if len(body) > limit:
                    raise _too_large(limit)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise RefusedError(
            408, f"The body did not come within {BODY_SECONDS:g} seconds", headers=_CLOSE
        ) from None


_CLOSE: Final = {"connection": "close"}


def _too_large(limit: int) -> RefusedError:
    return RefusedError(
        413, f"The body has more than {limit:,} bytes", fix="Send less at once", headers=_CLOSE
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    """What gives the body once, then what the client sends, which is that it hung up."""
    is_read = False

    async def replay() -> Message:
        nonlocal is_read
        if is_read:
            return await receive()
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(error: RefusedError, *, send: Send) -> None:
    content = write_problem(error)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        *((name.encode(), value.encode()) for name, value in error.headers.items()),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
