"""Frames over a stream socket: a ticket, the sender's process id, the length, then the frame.

A worker runs users' code. That can write to any descriptor, and after a fork in C
two processes may reply. So each request has a ticket, 16 random bytes, and only a
frame with the same ticket is its reply.
"""

import os
import secrets
import socket
import struct
import time

_HEADER = struct.Struct("!16sII")
_RECEIVE_BYTES = 1 << 16
"""Smaller than the buffers that malloc gets from the kernel each time (128 KiB, M_MMAP_THRESHOLD of mallopt(3))."""

LONGEST_BYTES = 1 << 30
"""The longest frame that a worker accepts: longer than the largest gRPC request."""


def new_ticket() -> bytes:
    """Return a ticket that nobody can guess."""
    return secrets.token_bytes(16)


class ClosedError(Exception):
    """The other side closed the channel, or died."""


class TooLongError(Exception):
    """The other side sent a frame longer than it may. The channel can't be used any more."""


class StrangeFrameError(Exception):
    """The frame is not the expected one, or is not from the expected process. The channel can't be used any more."""


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
        self._expected: tuple[bytes, int] | None = None

    def expect(self, ticket: bytes, *, sender: int) -> None:
        """Take one frame, of this ticket and sender, and nothing else.

        Args:
            ticket: The ticket.
            sender: The process id.
        """
        self._expected = ticket, sender

    def fileno(self) -> int:
        """Return the socket's file descriptor, -1 once closed."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def send(self, frame: bytes, *, ticket: bytes, deadline: float | None = None) -> None:
        """Send a frame.

        Args:
            frame: The frame.
            ticket: What the request or its reply is known by.
            deadline: When to give up, on time.monotonic's clock, in seconds; None never does.

        Raises:
            ClosedError: If the other side is gone.
            TimeoutError: If the deadline passed. The channel can't be used any
                more: a part of the frame may have been sent.
        """
        remaining = _remaining(deadline)
        whole = _HEADER.pack(ticket, os.getpid(), len(frame)) + frame
        try:
            if remaining is None:
                self._socket.sendall(whole)
                return
            # Most frames fit into the socket. To give it a time limit, and to take that away, are system calls.
            sent = self._send_ready(whole)
            if sent < len(whole):
                self._socket.settimeout(remaining)
                self._socket.sendall(memoryview(whole)[sent:])
                self._socket.settimeout(None)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ClosedError from error

    def receive(self) -> tuple[bytes, bytearray]:
        """Wait for a frame, without a limit, and return its ticket too.

        Raises:
            ClosedError: If the other side is gone.
            TooLongError: If it sent a frame longer than it may.
        """
        while (frame := self._take()) is None:
            self._fill()
        return frame

    def receive_ready(self) -> bytearray | None:
        """Return a frame if one has wholly arrived; never wait.

        Raises:
            ClosedError: If the other side is gone and no whole frame is left.
            StrangeFrameError: If another frame than the expected one came, or more than that.
            TooLongError: If the other side sent a frame longer than it may.
        """
        while (taken := self._take()) is None:
            try:
                self._fill(socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
        if self._received and self._expected:
            raise StrangeFrameError
        return taken[1]

    def _send_ready(self, frame: bytes) -> int:
        """Send as much as the socket takes at once, and return how many bytes."""
        try:
            return self._socket.send(frame, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def _fill(self, flags: int = 0) -> None:
        try:
            chunk = self._socket.recv(_RECEIVE_BYTES, flags)
        except ConnectionResetError as error:
            raise ClosedError from error
        if not chunk:
            raise ClosedError
        self._received += chunk

    def _take(self) -> tuple[bytes, bytearray] | None:
        if len(self._received) < _HEADER.size:
            return None
        ticket, sender, length = _HEADER.unpack_from(self._received)
        if self._expected not in (None, (ticket, sender)):
            raise StrangeFrameError
        if length > self._longest:
            msg = f"a frame of more than {self._longest} bytes"
            raise TooLongError(msg)
        end = _HEADER.size + length
        if len(self._received) < end:
            return None
        frame = self._received[_HEADER.size : end]
        del self._received[:end]
        return ticket, frame


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining
