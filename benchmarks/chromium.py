"""A headless Chromium kept open, told over a pipe to print HTML."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import signal
import tempfile
import time
from types import TracebackType
from typing import Self

from pydantic import JsonValue

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def found() -> str | None:
    """The browser's program, if this machine has one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _pipe() -> tuple[int, int]:
    """A pipe's two ends, numbered so that they cannot be those that the browser is given."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


class Chromium:
    """One browser with one page."""

    def __init__(self, program: str) -> None:
        self.count = 0
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        hears, self.requests = _pipe()
        self.answers, says = _pipe()
        nothing = os.open(os.devnull, os.O_RDWR)
        self.process = os.posix_spawn(
            program,
            [
                program, "--headless=new", "--no-sandbox", "--disable-gpu",
                "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}", "about:blank",
            ],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, nothing, 1), (os.POSIX_SPAWN_DUP2, nothing, 2),
                (os.POSIX_SPAWN_DUP2, hears, 3), (os.POSIX_SPAWN_DUP2, says, 4),
            ],
        )  # fmt: skip
        for end in (hears, says, nothing):
            os.close(end)
        self.unread = b""
        self.session = ""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})
        self.session = str(attached["sessionId"])
        frames = self.ask("Page.getFrameTree", {})["frameTree"]
        assert isinstance(frames, dict)
        frame = frames["frame"]
        assert isinstance(frame, dict)
        self.frame = frame["id"]

    def ask(self, method: str, params: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """Calls a method of the DevTools protocol and waits for what it returns."""
        self.count += 1
        message: dict[str, JsonValue] = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        left = json.dumps(message).encode() + b"\0"
        while left:
            left = left[os.write(self.requests, left) :]
        while True:
            answer = json.loads(self._message())
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                result: dict[str, JsonValue] = answer["result"]
                return result

    def _message(self) -> bytes:
        while b"\0" not in self.unread:
            part = os.read(self.answers, 1 << 20)
            if not part:
                raise RuntimeError("the browser has ended")
            self.unread += part
        message, _, self.unread = self.unread.partition(b"\0")
        return message

    def printed(self, html: str) -> tuple[bytes, float]:
        """HTML as PDF, and the seconds that printing alone took."""
        self.ask("Page.setDocumentContent", {"frameId": self.frame, "html": html})
        fonts = "document.fonts.ready.then(() => 1)"
        self.ask("Runtime.evaluate", {"expression": fonts, "awaitPromise": True})
        start = time.perf_counter()
        done = self.ask("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
        return base64.b64decode(str(done["data"])), time.perf_counter() - start

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        os.kill(self.process, signal.SIGTERM)
        os.waitpid(self.process, 0)
        os.close(self.requests)
        os.close(self.answers)
        self.profile.cleanup()
