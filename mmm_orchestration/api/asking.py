"""Questions to the process that knows the registry (see `finder`).

Belongs here: starting it, one question at a time, ending it. Must not: what follows from an answer.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final

from mmm_orchestration.api.finder import Found, Question
from mmm_orchestration.errors import ApiError

# the first question imports MLflow and may fetch a posterior of some megabytes
ANSWER_SECONDS: Final = 120.0
END_SECONDS: Final = 5.0


class Asker:
    """The process over one project file; a question starts it, also where it has died."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._process: Process | None = None
        self._lock = asyncio.Lock()

    async def ask(self, *, model: str | None, known: str | None) -> Found:
        """Who is champion of `model`, fetched and whole unless it is `known`.

        Raises ApiError where the process gives no answer; it is ended then.
        """
        question = json.dumps(Question(model=model, known=known)) + "\n"
        async with self._lock:
            process = await self._get()
            if process.stdin is None or process.stdout is None:
                raise ApiError("The process that reads the registry has no pipes")
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    process.stdin.write(question.encode())
                    await process.stdin.drain()
                    found: Found = json.loads(await process.stdout.readline())
            except (TimeoutError, OSError, ValueError) as error:
                await self._end()
                raise ApiError(
                    "The process that reads the registry gave no answer",
                    fix="It is started again; its last words are on the error stream",
                ) from error
            except asyncio.CancelledError:
                # its answer would be taken for that of the next question
                process.kill()
                self._process = None
                raise
            return found

    async def close(self) -> None:
        """Nothing; the process has ended."""
        async with self._lock:
            await self._end()

    async def _get(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            module = ("-m", "mmm_orchestration.api.finder", str(self._file))
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *module, stdin=PIPE, stdout=PIPE
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
