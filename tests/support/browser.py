"""A headless Chromium, driven through a pipe by its DevTools protocol."""

import json
import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any

CHROMIUM = shutil.which("chromium")
PATIENCE = 180  # seconds for everything that one browser is asked
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-features=LocalNetworkAccessChecks",  # pages of other origins may call loopback
    "--window-size=1200,1000",
    "--remote-debugging-pipe",
)


class Tab:
    """One page. It has to be told where to go."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests, self._answers = requests, answers
        self._rest, self._number = b"", 0
        self.requested: list[str] = []
        """Every URL that the page has asked for."""
        self.complaints: list[str] = []
        """What the browser had to say: refused by policy, failed, thrown."""
        target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True})
        self._session = attached["sessionId"]
        for domain in ("Network", "Page", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> Any:
        return self._ask(method, parameters, session=self._session)

    def run(self, script: str) -> Any:
        """Run a script in the page; what it awaits is awaited."""
        answer = self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def until(self, condition: str) -> Any:
        """Await the script's first result that is true."""
        return self.run(
            "new Promise(resolve => { const look = () => { const found = (" + condition + ");"
            " found ? resolve(typeof found === 'string' ? found : true) : setTimeout(look, 50);"
            " }; look(); })"
        )

    def click(self, selector: str) -> None:
        """Click on the first such element as soon as there is one."""
        self.until(f"document.querySelector({selector!r})")
        self.run(f"document.querySelector({selector!r}).click()")

    def type(self, selector: str, text: str) -> None:
        """Type into a field as soon as there is one."""
        self.until(f"document.querySelector({selector!r})")
        self.run(f"document.querySelector({selector!r}).focus()")
        self.ask("Input.insertText", text=text)

    def replace(self, selector: str, text: str) -> None:
        """Type into a field in place of what it holds."""
        self.until(f"document.querySelector({selector!r})")
        self.run(f"document.querySelector({selector!r}).select()")
        self.type(selector, text)

    def resize(self, *, width: int, height: int) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def pretend(self, url: str, html: str) -> None:
        """Go to a page that is not there: the browser is given this for it."""
        self.ask("Fetch.enable", patterns=[{"urlPattern": url}])
        self._send("Page.navigate", {"url": url}, self._session)
        paused = self._await("Fetch.requestPaused")
        body = b64encode(html.encode()).decode()
        self.ask("Fetch.fulfillRequest", requestId=paused["requestId"], responseCode=200, body=body)
        self.until(f"location.href === {url!r} && document.readyState === 'complete'")
        self.ask("Fetch.disable")

    def screenshot(self, path: Path) -> None:
        path.write_bytes(b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

    def _ask(self, method: str, parameters: dict[str, Any], session: str | None = None) -> Any:
        number = self._send(method, parameters, session)
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer["result"]
            self._note(answer)

    def _send(self, method: str, parameters: dict[str, Any], session: str | None) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._requests, json.dumps(message).encode() + b"\0")
        return self._number

    def _await(self, event: str) -> dict[str, Any]:
        while True:
            message = self._receive()
            self._note(message)
            if message.get("method") == event:
                parameters: dict[str, Any] = message["params"]
                return parameters

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requested.append(parameters["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(parameters["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(parameters["exceptionDetails"]))

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            chunk = os.read(self._answers, 1 << 16)
            if not chunk:
                raise RuntimeError("the browser is gone")
            self._rest += chunk
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


@contextmanager
def a_tab() -> Iterator[Tab]:
    """A browser of its own, gone afterwards."""
    assert CHROMIUM
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        their_in, our_out = os.pipe()
        our_in, their_out = os.pipe()
        # The browser reads from descriptor 3 and writes to 4; dash knows only those below 10.
        command = f'exec "$0" "$@" 3<&{their_in} 4>&{their_out}'
        process = subprocess.Popen(
            ["/bin/bash", "-c", command, CHROMIUM, *ARGUMENTS, f"--user-data-dir={profile}"],
            pass_fds=(their_in, their_out),
            stderr=subprocess.DEVNULL,
        )
        for descriptor in (their_in, their_out):
            os.close(descriptor)
        alarm = Timer(PATIENCE, process.kill)
        alarm.start()
        try:
            yield Tab(our_out, our_in)
        finally:
            alarm.cancel()
            process.kill()
            process.wait()
            os.close(our_out)
            os.close(our_in)
