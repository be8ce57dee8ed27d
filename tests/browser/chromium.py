"""A real browser for the tests: Chromium without a window, driven through a pipe.

Here: the few words of the DevTools protocol that the tests need, with the standard library alone. Not here: what
a page must do.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-default-apps", "--disable-extensions", "--no-first-run", "--no-default-browser-check",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe")
PATIENCE_SECONDS = 60


class BrowserError(Exception):
    """The page or the browser answered with an error, or not at all."""


class Page:
    """One tab. ``events`` holds every notice of the browser about it, in order."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session
        self.events: list[dict] = []

    def send(self, method: str, **params: object) -> dict:
        return self._browser.send(method, params, self._session)

    def run(self, expression: str) -> object:
        """The value of a JavaScript expression; a promise is awaited."""
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait(self, expression: str, seconds: float = PATIENCE_SECONDS) -> object:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := self.run(expression):
                return found
            time.sleep(0.02)
        raise BrowserError(f"never true: {expression}")

    def give(self, selector: str, *paths: Path) -> None:
        """Choose files in a file input."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", files=[str(path) for path in paths], nodeId=node)

    def resize(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def screenshot(self, path: Path) -> None:
        """The whole page as a PNG."""
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def asked_for(self) -> list[str]:
        """Addresses of everything the page tried to load."""
        return [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]


class Browser:
    """A running Chromium; ``closed`` at the end of ``open_browser``."""

    def __init__(self, profile: Path) -> None:
        to_browser, self._write = _pipe()
        self._read, from_browser = _pipe()
        command = [shutil.which("chromium"), *SWITCHES, f"--user-data-dir={profile}", "about:blank"]
        silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
        self.pid = os.posix_spawn(command[0], command, {**os.environ, "HOME": str(profile)}, setpgroup=0, file_actions=[
            *silent, (os.POSIX_SPAWN_DUP2, to_browser, 3), (os.POSIX_SPAWN_DUP2, from_browser, 4)])
        os.close(to_browser)
        os.close(from_browser)
        self._pages: dict[str, Page] = {}
        self._buffer, self._last = b"", 0

    def send(self, method: str, params: dict | None = None, session: str | None = None) -> dict:
        """Ask the browser and wait for its answer."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        self._write_all(json.dumps(message).encode() + b"\0")
        for answer in self._messages():
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if answer.get("sessionId") in self._pages:
                self._pages[answer["sessionId"]].events.append(answer)
        raise BrowserError(f"{method}: the browser is gone")

    def page(self, address: str, downloads: Path) -> Page:
        """Open an address; what the page hands over for download goes to ``downloads``."""
        self.send("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Network", "Page", "Runtime", "DOM", "Log"):
            page.send(f"{domain}.enable")
        page.send("Page.navigate", url=address)
        page.wait("document.readyState === 'complete' && location.href !== 'about:blank'")
        return page

    def close(self) -> None:
        with suppress(BrowserError, OSError):
            self.send("Browser.close")
        os.close(self._write)
        os.close(self._read)
        end = time.monotonic() + 10
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > end:
                os.killpg(self.pid, signal.SIGKILL)
            time.sleep(0.05)

    def _messages(self) -> Iterator[dict]:
        while True:
            while b"\0" not in self._buffer:
                ready, _, _ = select.select([self._read], [], [], PATIENCE_SECONDS)
                part = os.read(self._read, 1 << 20) if ready else b""
                if not part:
                    return
                self._buffer += part
            text, _, self._buffer = self._buffer.partition(b"\0")
            yield json.loads(text)

    def _write_all(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._write, data):]


@contextmanager
def open_browser(profile: Path) -> Iterator[Browser]:
    """A browser with a fresh profile, closed at the end whatever happens."""
    browser = Browser(profile)
    try:
        yield browser
    finally:
        browser.close()


def _pipe() -> tuple[int, int]:
    """Both ends, above the numbers 3 and 4 that the browser wants for itself."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high
