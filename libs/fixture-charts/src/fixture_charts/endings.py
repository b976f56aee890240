"""Charts that don't come to their end: slow, hanging, crashing, or out of memory."""

import ctypes
import faulthandler
import mmap
import os
import re
import signal
import time
from collections.abc import Callable

from cdk8s_function import Composite

from fixture_charts.chart import FixtureChart, Spec, composite_type
from fixture_charts.javascript import Script

MIB = 1 << 20


class SlowSpec(Spec):
    """How slow."""

    seconds: float = 0.0


class Slow(FixtureChart):
    """Takes its time."""

    composite_type = composite_type("Slow", SlowSpec)

    def behave(self, composite: Composite[SlowSpec]) -> None:
        """Sleep."""
        time.sleep(composite.spec.seconds)


def _backtrack() -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")


def _hold_the_gil() -> None:
    ctypes.PyDLL(None).sleep(1000)


def _ignore_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(1000)


def _catch_everything() -> None:
    while True:
        try:
            time.sleep(1000)
        except BaseException:  # noqa: BLE001, S110
            pass


def _print_endlessly() -> None:
    chunk = b"x\n" * 32_768
    while True:
        os.write(1, chunk)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


_HANGERS: dict[str, Callable[[], None]] = {
    "python": lambda: time.sleep(1000),
    "regular expression": _backtrack,
    "gil": _hold_the_gil,
    "signals ignored": _ignore_signals,
    "exceptions caught": _catch_everything,
    "printing": _print_endlessly,
    "stopped": _stop,
    "node loop": lambda: Script.run("loop"),
    "node child": lambda: Script.run("wait"),
}


class Hanging(FixtureChart):
    """Never comes back, in Python, in C or in Node.js."""

    composite_type = composite_type("Hanging", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Hang as the mode says."""
        _HANGERS[composite.spec.mode]()


def _segfault() -> None:
    # Its report differs from run to run.
    faulthandler.disable()
    ctypes.string_at(0)


def _kill_node() -> None:
    # Node.js is there once something needs it.
    Script.run("pause")
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as children:  # noqa: PTH123
        for pid in children.read().split():
            os.kill(int(pid), signal.SIGKILL)


def _close_descriptors() -> None:
    os.closerange(0, 1024)


def _exit_unprinted() -> None:
    os.write(2, b"last words without a newline")
    os._exit(1)


_CRASHERS: dict[str, Callable[[], object]] = {
    "segfault": _segfault,
    "exit": lambda: os._exit(0),
    "exit with words": _exit_unprinted,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "abort": lambda: (faulthandler.disable(), os.abort()),
    "terminate": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "kill group": lambda: os.killpg(0, signal.SIGKILL),
    "descriptors": _close_descriptors,
    "node killed": _kill_node,
    "node exit": lambda: Script.run("exit"),
    "node memory": lambda: Script.run("exhaust"),
}


class Crashing(FixtureChart):
    """Takes its worker, or the worker's Node.js, down with it."""

    composite_type = composite_type("Crashing", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Crash as the mode says."""
        _CRASHERS[composite.spec.mode]()


_kept: list[bytearray | mmap.mmap] = []


class LeakingSpec(Spec):
    """How much to leak."""

    mebibytes: int = 0


class Leaking(FixtureChart):
    """Keeps memory after its XR is done, or takes more than a worker has."""

    composite_type = composite_type("Leaking", LeakingSpec)

    def behave(self, composite: Composite[LeakingSpec]) -> None:
        """Take memory and keep it."""
        size = composite.spec.mebibytes * MIB
        if composite.spec.mode == "heap":
            _kept.append(bytearray(b"x") * size)
            return
        # Not on the heap: RLIMIT_DATA does not count it, only resident memory does.
        shared = mmap.mmap(-1, size)
        _kept.append(shared)
        for _ in range(composite.spec.mebibytes):
            shared.write(b"x" * MIB)
