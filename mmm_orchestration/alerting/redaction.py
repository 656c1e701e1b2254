"""Texts without the secrets that the environment holds.

Belongs here: which values are secret and taking them out. Must not: reading mmm.yaml.
"""

import os
import re
from collections.abc import Iterable
from urllib.parse import unquote

from mmm_orchestration.project import Project
from mmm_orchestration.secrets import MLFLOW_SECRETS, list_passwords

HIDDEN = "***"
_SHORT, _LONG = 6, 12


def list_secret_names(project: Project) -> tuple[str, ...]:
    """The environment variables that the project names for secrets, and those of MLflow.

    The name of the user at the mail server is none.
    """
    smtp = project.reports.smtp
    named = [
        *(target.url_env for target in project.alerts.targets),
        smtp.password_env if smtp else None,
        *(source.connection_env for source in project.sources),
        *project.lake.storage_options_env.values(),
        project.api.keys_env,
        *MLFLOW_SECRETS,
    ]
    return tuple(name for name in named if name)


def redact(text: str, *, names: Iterable[str]) -> str:
    """`text` without the values of the environment variables `names`, or any telling part of one.

    Each part between the marks of a URL or a list of keys is taken out too, as written and decoded,
    but for short lower-case words. The passwords of the tracking server's and the database's
    address go always.
    A secret of less than six characters goes where it stands alone, so that words stay whole.
    """
    parts = list_passwords()
    for value in filter(None, map(os.environ.get, names)):
        pieces = re.split(r"[:/?&=@,;#\s]+", value.partition("://")[2] or value)
        parts |= {value, unquote(value), *filter(_is_telling, [*pieces, *map(unquote, pieces)])}
    for part in sorted(parts, key=len, reverse=True):
        found = re.escape(part)
        text = re.sub(found if len(part) >= _SHORT else rf"(?<!\w){found}(?!\w)", HIDDEN, text)
    return text


def _is_telling(part: str) -> bool:
    """Whether a part of a URL may be a secret rather than a word."""
    return len(part) >= _LONG or (len(part) >= _SHORT and re.search("[^a-z]", part) is not None)
