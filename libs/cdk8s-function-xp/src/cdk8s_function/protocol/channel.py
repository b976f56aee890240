"""Frames over a stream socket: four bytes of length, then the frame."""

import socket
import struct
import time

_LENGTH = struct.Struct("!I")
_RECEIVE_BYTES = 1 << 20

LONGEST_BYTES = 1 << 30
"""The longest frame that a worker takes: a request of the largest size gRPC takes, and a third for its base64."""


class ClosedError(Exception):
    """The other side closed the channel, or died."""


class TooLongError(Exception):
    """The other side sent a frame longer than it may. The channel can't be used any more."""


class Channel:
    """One end of a socket that carries frames.

    Args:
        sock: A connected stream socket; the channel owns it.
        longest: The longest frame to receive, in bytes.
    """

    def __init__(self, sock: socket.socket, *, longest: int = LONGEST_BYTES) -> None:
        """Take over the socket."""
        self._socket = sock
        self._longest = longest
        self._received = bytearray()

    def fileno(self) -> int:
        """Return the socket's file descriptor, -1 once closed."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def send(self, frame: bytes, *, deadline: float | None = None) -> None:
        """Send a frame.

        Args:
            frame: The frame.
            deadline: When to give up, on time.monotonic's clock, in seconds; None never does.

        Raises:
            ClosedError: If the other side is gone.
            TimeoutError: If the deadline passed. The channel can't be used any
                more: a part of the frame may have been sent.
        """
        self._socket.settimeout(_remaining(deadline))
        try:
            self._socket.sendall(_LENGTH.pack(len(frame)) + frame)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ClosedError from error

    def receive(self) -> bytearray:
        """Wait for a frame, without a limit.

        Raises:
            ClosedError: If the other side is gone.
            TooLongError: If it sent a frame longer than it may.
        """
        self._socket.settimeout(None)
        while (frame := self._take()) is None:
            self._fill()
        return frame

    def receive_ready(self) -> bytearray | None:
        """Return a frame if one has wholly arrived; never wait.

        Raises:
            ClosedError: If the other side is gone and no whole frame is left.
            TooLongError: If it sent a frame longer than it may.
        """
        self._socket.settimeout(0)
        while (frame := self._take()) is None:
            try:
                self._fill()
            except BlockingIOError:
                return None
        return frame

    def _fill(self) -> None:
        try:
            chunk = self._socket.recv(_RECEIVE_BYTES)
        except ConnectionResetError as error:
            raise ClosedError from error
        if not chunk:
            raise ClosedError
        self._received += chunk

    def _take(self) -> bytearray | None:
        if len(self._received) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._received)
        if length > self._longest:
            msg = f"a frame of more than {self._longest} bytes"
            raise TooLongError(msg)
        end = _LENGTH.size + length
        if len(self._received) < end:
            return None
        frame = self._received[_LENGTH.size : end]
        del self._received[:end]
        return frame


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining
