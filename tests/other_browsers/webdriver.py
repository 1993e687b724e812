"""A small WebDriver client: Firefox through its own Marionette port, WebKit through WebKitWebDriver.

Playwright drives neither browser as Debian packages it. Both speak the commands of https://www.w3.org/TR/webdriver/,
Firefox over a socket, WebKitWebDriver over HTTP.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Command = Callable[[str, str, dict[str, Any]], Any]
"""Sends a command by its name in Marionette, its place below /session/ID, and its parameters."""
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE_S = 300
MINI_BROWSERS = ("/usr/lib/*/webkit2gtk-4.1/MiniBrowser", "/usr/lib/*/webkit2gtk-4.0/MiniBrowser")


class Browser:
    """A window of the browser."""

    def __init__(self, command: Command) -> None:
        self._command = command

    def open(self, url: str) -> None:
        """Load a page."""
        self._command("WebDriver:Navigate", "url", {"url": url})

    def run(self, script: str) -> Any:
        """The value that a script's body returns."""
        return self._command("WebDriver:ExecuteScript", "execute/sync", {"script": script, "args": []})

    def type(self, selector: str, text: str) -> None:
        """Type into the element that a CSS selector finds; into a file input, paths, one a line."""
        element = self._find(selector)
        self._command("WebDriver:ElementSendKeys", f"element/{element}/value", {"id": element, "text": text})

    def click(self, selector: str) -> None:
        """Click on the element that a CSS selector finds."""
        element = self._find(selector)
        self._command("WebDriver:ElementClick", f"element/{element}/click", {"id": element})

    def wait_for_text(self, selector: str, text: str) -> str:
        """Wait until an element's text contains this -> the whole text. Raises AssertionError."""
        script = f"return document.querySelector({json.dumps(selector)})?.innerText ?? ''"
        end = time.monotonic() + PATIENCE_S
        while text not in (found := self.run(script)):
            assert time.monotonic() < end, f"{selector} says {found!r}, not {text!r}"
            time.sleep(0.5)
        return str(found)

    def _find(self, selector: str) -> str:
        parameters = {"using": "css selector", "value": selector}
        found = self._command("WebDriver:FindElement", "element", parameters)
        return str(found[ELEMENT])


@contextmanager
def firefox(folder: Path) -> Iterator[Browser]:
    """Firefox without a window, its profile in an empty folder. Raises RuntimeError if there is none."""
    executable = shutil.which("firefox-esr") or shutil.which("firefox")
    if executable is None:
        raise RuntimeError("No Firefox was found. Install it (on Debian: firefox-esr).")
    port = _free_port()
    (folder / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    with (
        _running([executable, "--headless", "--marionette", "--no-remote", "--profile", str(folder)], {}),
        _connection(port) as connection,
        connection.makefile("rb") as answers,
    ):
        _receive(answers)  # a greeting
        number = 0

        def command(name: str, place: str, parameters: dict[str, Any]) -> Any:
            nonlocal number
            number += 1
            data = json.dumps([0, number, name, parameters]).encode()
            connection.sendall(b"%d:%b" % (len(data), data))
            _, _, error, result = _receive(answers)
            if error:
                raise RuntimeError(f"{name}: {error['message']}")
            return result.get("value", result) if isinstance(result, dict) else result

        command("WebDriver:NewSession", "", {"capabilities": {}})
        yield Browser(command)


@contextmanager
def webkit(folder: Path) -> Iterator[Browser]:
    """WebKit's MiniBrowser on a screen of its own. Raises RuntimeError if a part of it is not installed."""
    driver, xvfb = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    mini_browsers = [path for pattern in MINI_BROWSERS for path in Path("/").glob(pattern[1:])]
    if driver is None or xvfb is None or not mini_browsers:
        raise RuntimeError("No WebKit was found. Install it (on Debian: webkit2gtk-driver and xvfb).")
    port, display = _free_port(), f":{90 + os.getpid() % 900}"
    environment = {
        "DISPLAY": display,
        "XDG_DATA_HOME": str(folder),
        "XDG_CACHE_HOME": str(folder),
        # As root and without a screen, there is neither its sandbox nor a GPU.
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        "LIBGL_ALWAYS_SOFTWARE": "1",
    }
    with (
        _running([xvfb, display, "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], {}),
        _running([driver, f"--port={port}"], environment),
    ):
        _connection(port).close()
        base = f"http://127.0.0.1:{port}/session"
        options = {"binary": str(mini_browsers[0]), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        session = _post(base, wanted)["sessionId"]
        try:
            yield Browser(lambda name, place, parameters: _post(f"{base}/{session}/{place}", parameters))
        finally:
            _post(f"{base}/{session}", {}, "DELETE")


def _post(url: str, parameters: dict[str, Any], method: str = "POST") -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(parameters).encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return json.load(response)["value"]
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{url}: {json.load(error)['value']['message']}") from error


def _receive(answers: Any) -> Any:
    length = b""
    while (character := answers.read(1)) != b":":
        length += character
    return json.loads(answers.read(int(length)))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _connection(port: int) -> socket.socket:
    """A connection to this port, as soon as something listens there."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    """A program and what it starts, until the block ends."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
