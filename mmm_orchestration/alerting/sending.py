"""One message to one target through apprise, which never sees a file, a plugin or an inner host.

Belongs here: what of apprise is let in. Must not: when and what to send.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlsplit

from mmm_orchestration.alerting.addresses import check_host, guard_connections
from mmm_orchestration.alerting.wording import Message
from mmm_orchestration.errors import DeliveryError
from mmm_orchestration.project import AlertTarget

if TYPE_CHECKING:
    from apprise import Apprise

# Services that live at an address of their vendor, whatever the URL says.
VENDORS: Final = frozenset(
    {
        *("slack", "discord", "gchat", "opsgenie", "pagerduty", "pover", "tgram"),
        *("webex", "wxteams", "zulip"),
    }
)
# Services at the host that the URL names.
HOSTED: Final = frozenset(
    {
        *("form", "forms", "json", "jsons", "xml", "xmls", "mailto", "mailtos"),
        *("gotify", "gotifys", "matrix", "matrixs", "mmost", "mmosts", "ntfy", "ntfys"),
        *("rocket", "rockets", "workflow", "workflows"),
    }
)
# Parameters that read files, fetch something, follow a redirect or switch a check off.
_REFUSED: Final = frozenset(
    {
        *("template", "attach", "pgp", "pgppub", "pgpprv", "wkd", "store", "redirect", "verify"),
        *("retry", "wait", "avatar_url", "icon_url", "e2ee"),
    }
)
_TIMEOUT: Final = 15.0
_LOGGERS: Final = ("apprise", "requests", "urllib3", "requests_oauthlib", "oauthlib")


def send(message: Message, *, target: AlertTarget, allow_internal: bool) -> None:
    """Nothing, once the service has taken the message; else DeliveryError, without any secret."""
    from apprise import NotifyFormat, NotifyType

    url = read_url(target, allow_internal=allow_internal)
    if urlsplit(url).scheme.lower() == "pagerduty" and "action=" not in url:
        link = "&" if "?" in url else "?"
        url += f"{link}action=map&dedup={quote(message.thread[:200], safe='')}"
    with _keep_quiet(), guard_connections(allow_internal=allow_internal) as refused:
        is_sent = _open(url, name=target.name).notify(
            title=message.title,
            body=message.body,
            notify_type=NotifyType(message.tone),
            body_format=NotifyFormat.TEXT,
        )
    if refused:
        raise DeliveryError(
            f"Target '{target.name}' leads to an internal address",
            fix="Name a public address, or set alerts.allow_internal: true in mmm.yaml",
        )
    if not is_sent:
        raise DeliveryError(
            f"Target '{target.name}' did not take the message",
            fix=f"Look whether the service is up and whether {target.url_env} is right",
        )


def read_url(target: AlertTarget, *, allow_internal: bool) -> str:
    """The apprise URL of the target, from the environment.

    Raises DeliveryError where it is missing, of a service that is not let in, has a parameter that
    is not, or names an internal host.
    """
    url = os.environ.get(target.url_env, "").strip()
    if not url:
        raise DeliveryError(
            f"Target '{target.name}' has no URL",
            fix=f"Set the environment variable {target.url_env}",
        )
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), parts.hostname or ""
        keys = [key.lower() for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
    except ValueError as error:
        raise _doubt(target, "is no URL") from error
    if scheme not in VENDORS | HOSTED:
        raise _doubt(target, "names no service that is let in", sorted(VENDORS | HOSTED))
    if refused := sorted(_REFUSED.intersection(keys)):
        raise _doubt(target, f"has the parameter '{refused[0]}', which is not let in")
    if len(url.split()) > 1 or "," in parts.netloc:
        raise _doubt(target, "names more than one place")
    if scheme in HOSTED and not scheme.startswith("mailto"):
        check_host(host, allow_internal=allow_internal)
    return url


def _doubt(target: AlertTarget, what: str, available: list[str] | None = None) -> DeliveryError:
    return DeliveryError(
        f"The URL of target '{target.name}' {what}",
        available=available or (),
        fix=f"Correct the environment variable {target.url_env}",
    )


def _open(url: str, *, name: str) -> "Apprise":
    """Apprise with this one service: no redirects, files, templates, threads or retries."""
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(
        app_id="mmm_orchestration",
        app_desc="Media mix model",
        async_mode=False,
        http_redirects=False,
        interpret_escapes=False,
        allow_templates=False,
        image_url_mask=False,
        storage_mode="memory",
        service_timeout=_TIMEOUT,
    )
    opened = Apprise(asset=asset)
    service = Apprise.instantiate(url, asset=asset)
    if service is None:
        raise DeliveryError(
            f"The URL of target '{name}' is not understood",
            fix="See https://github.com/caronc/apprise for the form of its service",
        )
    service.redirects = False
    opened.services.append(service)
    return opened


@contextmanager
def _keep_quiet() -> Iterator[None]:
    """Nothing of the libraries is logged in between: their records may hold parts of a URL."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
