"""Secrets inside addresses and in MLflow's errors.

Belongs here: which part of an address is secret, and errors told without it. Must not: reading
mmm.yaml (see `alerting.redaction`).
"""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, quote_plus, unquote, urlsplit

from mmm_orchestration.errors import RegistryError
from mmm_orchestration.home import MLFLOW_ENV, POSTGRES_ENV

ADDRESSES = (MLFLOW_ENV, POSTGRES_ENV)
# what MLflow reads beside its address
MLFLOW_SECRETS = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


def list_passwords() -> set[str]:
    """The passwords in the addresses of the environment, as written, decoded and encoded."""
    found = set[str]()
    for value in filter(None, map(os.environ.get, ADDRESSES)):
        try:
            password = urlsplit(value).password
        except ValueError:
            found.add(value)
            continue
        if password:
            plain = unquote(password)
            found |= {password, plain, quote(plain, safe=""), quote_plus(plain)}
    return found


def hide_users(text: str) -> str:
    """The first line of the text, without the user and password of any address in it.

    A password of the environment's addresses is taken out anywhere: a server may say it back.
    """
    return hide_passwords(re.sub(r"://[^/\s]*@", "://***@", text.partition("\n")[0]))


def hide_passwords(text: str) -> str:
    """The text without the passwords of the environment's addresses."""
    for password in sorted(list_passwords(), key=len, reverse=True):
        text = text.replace(password, "***")
    return text


@contextmanager
def log_without_passwords() -> Iterator[None]:
    """A block in which what libraries log by the root logger holds no password."""

    def hide(record: logging.LogRecord) -> bool:
        record.msg, record.args = hide_passwords(record.getMessage()), None
        return True

    root = logging.getLogger()
    root.addFilter(hide)
    try:
        yield
    finally:
        root.removeFilter(hide)


@contextmanager
def tell_mlflow_errors(what: str) -> Iterator[None]:
    """A block in which an error of MLflow becomes a RegistryError that begins with `what`."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        # not chained: the message may hold the password of the address, and causes are logged
        raise RegistryError(
            f"{what}: {hide_users(error.message)}",
            fix=f"See whether {MLFLOW_ENV} names a server that answers",
        ) from None
