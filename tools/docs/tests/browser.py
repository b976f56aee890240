"""A browser to look at pages with: bin/chromium, driven by the DevTools protocol over a pipe.

https://chromedevtools.github.io/devtools-protocol/: each message is JSON that ends in a zero byte, on the file
descriptors 3 and 4.
"""

import base64
import contextlib
import json
import os
import pathlib
import subprocess
import time
from collections.abc import Generator
from typing import IO, Any

from sites import WORKSPACE

_LOADED = "document.readyState === 'complete'"


class Browser:
    """One tab. `faults` are the exceptions and failed requests of the pages that it opened."""

    def __init__(self, commands: IO[bytes], answers: IO[bytes]) -> None:
        self._commands = commands
        self._answers = answers
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.faults: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        """Return the result of a method of the protocol."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._number:
            if answer.get("method") == "Runtime.exceptionThrown":
                details = answer["params"]["exceptionDetails"]
                self.faults.append(str(details.get("exception", details).get("description", details)))
            elif answer.get("method") == "Log.entryAdded" and answer["params"]["entry"]["level"] == "error":
                self.faults.append(f"{answer['params']['entry']['text']} {answer['params']['entry'].get('url', '')}")
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            read = self._answers.read(1 << 16)
            assert read, "the browser ended"
            self._buffer += read
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def open(self, url: str, width: int) -> None:
        """Open a page in a window of a width, in pixels, and wait until it is loaded."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.call("Page.navigate", url=url)
        self.wait(_LOADED)

    def run(self, script: str) -> Any:
        """Return what a JavaScript expression gives, as JSON."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script: str, seconds: float = 60) -> Any:
        """Return what an expression gives as soon as it is true."""
        until = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < until, f"waited {seconds:g} s for {script}"
            time.sleep(0.05)
        return value

    def picture(self, path: pathlib.Path) -> None:
        """Write what the window shows, as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


@contextlib.contextmanager
def browser(profile: pathlib.Path) -> Generator[Browser]:
    """Run a browser with its files in a folder. The first run provisions it."""
    subprocess.run([WORKSPACE / "bin/provision", "chromium"], check=True, capture_output=True, timeout=900)
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    # The browser has them as 3 and 4; a shell moves them there.
    moved = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
    arguments = ["--remote-debugging-pipe", f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        ["/bin/bash", "-c", moved, WORKSPACE / "bin/chromium", *arguments],
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        with os.fdopen(ours_out, "wb", buffering=0) as commands, os.fdopen(ours_in, "rb", buffering=0) as answers:
            yield Browser(commands, answers)
    finally:
        process.kill()
        process.wait(60)
