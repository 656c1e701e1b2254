"""The planner: a page of files that need no key, over an API that does.

Belongs here: which files are served, and what a browser may do with them. Must not: what they show
(see the folder `planner`).
"""

from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request, Response

from mmm_orchestration.api.problems import RefusedError

FOLDER: Final = files("mmm_orchestration.api") / "planner"
PREFIX: Final = "/planner/"
KINDS: Final = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
# nothing but the page's own files, and answers of the API it came from
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


def read_files() -> dict[str, tuple[bytes, str]]:
    """Content and kind of every file by its path in an address; no other path is a file."""
    found = {}
    for folder, prefix in ((FOLDER, PREFIX), (FOLDER / "vendor", f"{PREFIX}vendor/")):
        for file in folder.iterdir():
            kind = KINDS.get(file.name.rpartition(".")[2])
            if file.is_file() and kind is not None:
                found[prefix + file.name] = (file.read_bytes(), kind)
    found["/"] = found.pop(f"{PREFIX}index.html")
    return found


FILES: Final = read_files()


@router.get("/")
@router.get(PREFIX + "{path:path}")
async def show(request: Request) -> Response:
    """The page, or one of its files."""
    found = FILES.get(request.url.path)
    if found is None:
        raise RefusedError(404, "Not Found")
    content, kind = found
    return Response(content, media_type=kind, headers={"content-security-policy": POLICY})
