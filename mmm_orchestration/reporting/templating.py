"""How every page is made of its template.

Belongs here: the templates and the policy of a page. Must not: what stands on one.
"""

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def open_templates() -> Environment:
    """The templates; every value is escaped and a missing one is an error."""
    return Environment(
        loader=PackageLoader("mmm_orchestration", "reporting/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def hash_style(style: str) -> str:
    """The hash by which the policy of a page allows exactly this style sheet."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
