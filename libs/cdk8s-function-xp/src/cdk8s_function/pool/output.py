"""Read what a worker prints, in lines for the log.

Its standard output and error are one pipe, into which the chart, its child
processes and Node.js may write anything, at any speed.
"""

import os
from collections.abc import Callable

_LINE_BYTES = 4096
_LINES_A_REQUEST = 200
_CHUNK_BYTES = 1 << 16
_CHUNKS_AT_ONCE = 16


class Output:
    """The server's end of that pipe.

    Args:
        descriptor: Its file descriptor, which this owns.
        on_line: Called with each line.
    """

    def __init__(self, descriptor: int, on_line: Callable[[str], None]) -> None:
        """Take over the descriptor."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._on_line = on_line
        self._partial = b""
        self._lines_left = _LINES_A_REQUEST

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._descriptor

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._descriptor)

    def begin(self) -> None:
        """Begin a request, with a new allowance of lines."""
        self._lines_left = _LINES_A_REQUEST

    def drain(self) -> bool:
        """Pass on what was printed so far.

        Returns:
            Whether more may come.
        """
        # A chart may print faster than this reads: the rest waits for the next call.
        for _ in range(_CHUNKS_AT_ONCE):
            try:
                chunk = os.read(self._descriptor, _CHUNK_BYTES)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._print(chunk)
        return True

    def end_line(self) -> None:
        """Pass on a line without an end, so that the next XR's output does not continue it."""
        if self._partial:
            self._print(b"\n")

    def _print(self, chunk: bytes) -> None:
        *lines, partial = (self._partial + chunk).split(b"\n")
        self._partial = partial[:_LINE_BYTES]
        for line in lines:
            if self._lines_left > 0:
                self._on_line(line[:_LINE_BYTES].decode(errors="replace"))
            elif self._lines_left == 0:
                self._on_line(f"(more than {_LINES_A_REQUEST} lines for one request: the rest is dropped)")
            self._lines_left -= 1
