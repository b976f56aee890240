"""Frames over a real socket pair: whole, in order, and an end that is noticed."""

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from cdk8s_function.protocol.channel import Channel, ClosedError, StrangeFrameError, TooLongError, new_ticket
from hypothesis import given
from hypothesis import strategies as st

FOREVER = 60.0
LARGE = b"x" * (4 << 20)


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Channel(ours), theirs


TICKET = new_ticket()


def framed(frame: bytes, *, ticket: bytes = TICKET, sender: int = 1) -> bytes:
    return struct.pack("!16sII", ticket, sender, len(frame)) + frame


def test_a_frame_longer_than_it_may_be_is_refused_before_it_has_come() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        receiver = Channel(ours, longest=10)
        theirs.sendall(framed(b"x" * 10) + framed(b"x" * 11)[:24])

        assert receiver.receive_ready() == b"x" * 10
        with pytest.raises(TooLongError, match=r"^a frame of more than 10 bytes$"):
            receiver.receive_ready()


@given(frames=st.lists(st.binary(max_size=200)), cuts=st.lists(st.integers(1, 50), min_size=1))
def test_frames_arrive_as_they_were_sent_however_the_stream_is_cut(frames: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(framed, frames))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        receiver = Channel(ours)
        received: list[bytes] = []
        index = 0
        while stream[index:]:
            cut = cuts[len(received) % len(cuts)]
            theirs.sendall(stream[index : index + cut])
            index += cut
            while (frame := receiver.receive_ready()) is not None:
                received.append(bytes(frame))

    assert received == frames


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="an empty frame"),
        pytest.param(b"\0\n\xff", id="any bytes"),
        pytest.param(LARGE, id="more than the socket holds"),
    ],
)
def test_what_one_end_sends_the_other_receives(ends: tuple[Channel, socket.socket], frame: bytes) -> None:
    sender, other = ends
    receiver = Channel(other)
    sending = threading.Thread(
        target=sender.send, args=(frame,), kwargs={"ticket": TICKET, "deadline": time.monotonic() + FOREVER}
    )
    sending.start()

    assert receiver.receive() == (TICKET, frame)
    sending.join()
    assert receiver.receive_ready() is None


def test_a_frame_that_has_not_wholly_arrived_is_not_there(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends

    other.sendall(framed(b"hello")[:-1])
    assert channel.receive_ready() is None

    other.sendall(b"o")
    assert channel.receive_ready() == b"hello"


def test_a_whole_frame_survives_the_end_of_its_sender(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends
    other.sendall(framed(b"last") + b"\0\0\0\5par")
    other.close()

    assert channel.receive() == (TICKET, b"last")
    with pytest.raises(ClosedError):
        channel.receive()
    with pytest.raises(ClosedError):
        channel.receive_ready()


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(framed(b"reply", ticket=new_ticket()), id="a reply to another request"),
        pytest.param(framed(b"reply", ticket=new_ticket())[:24], id="the head of one"),
        pytest.param(framed(b"reply", sender=2), id="another process"),
        pytest.param(b"a chart may write to any descriptor", id="anything"),
        pytest.param(framed(b"reply") + framed(b"reply"), id="two replies"),
        pytest.param(framed(b"reply") + b"x", id="more than the reply"),
    ],
)
def test_what_was_not_asked_for_is_no_reply(ends: tuple[Channel, socket.socket], stream: bytes) -> None:
    channel, other = ends
    channel.expect(TICKET, sender=1)
    other.sendall(stream)

    with pytest.raises(StrangeFrameError):
        channel.receive_ready()


def test_the_reply_that_was_asked_for_is_received(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends
    channel.expect(TICKET, sender=1)
    other.sendall(framed(b"reply"))

    assert channel.receive_ready() == b"reply"


def test_a_receiver_that_is_gone_is_noticed(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends
    other.close()

    with pytest.raises(ClosedError):
        channel.send(LARGE, ticket=TICKET)


def test_unread_bytes_reset_the_connection_and_that_is_an_end_too(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends
    channel.send(b"never read", ticket=TICKET)
    other.close()

    with pytest.raises(ClosedError):
        channel.receive()


def test_a_send_gives_up_at_its_deadline(ends: tuple[Channel, socket.socket]) -> None:
    channel, _ = ends

    with pytest.raises(TimeoutError):
        channel.send(LARGE, ticket=TICKET, deadline=time.monotonic() + 0.01)


def test_a_send_after_its_deadline_sends_nothing(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends

    with pytest.raises(TimeoutError):
        channel.send(b"late", ticket=TICKET, deadline=time.monotonic())

    assert Channel(other).receive_ready() is None


def test_closing_gives_the_descriptor_back(ends: tuple[Channel, socket.socket]) -> None:
    channel, _ = ends
    assert channel.fileno() >= 0

    channel.close()
    channel.close()

    assert channel.fileno() == -1
