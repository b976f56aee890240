"""Charts that leave something behind in the worker: output, processes, threads, altered state."""

import builtins
import contextvars
import ctypes
import decimal
import functools
import gc
import json
import locale
import os
import pathlib
import resource
import shutil
import stat
import struct
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable

from cdk8s import ApiObject
from cdk8s_function import Composite
from constructs import Construct

from fixture_charts.chart import FixtureChart, Spec, composite_type
from fixture_charts.javascript import Script, Widget

_SLEEP = ("sleep", "1000")


class Printing(FixtureChart):
    """Prints, on every way out."""

    composite_type = composite_type("Printing", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Print as the mode says."""
        match composite.spec.mode:
            case "streams":
                sys.stdout.write("from sys.stdout\n")
                sys.stderr.write("from sys.stderr\n")
            case "descriptors":
                os.write(1, b"from descriptor 1\n")
                os.write(2, b"from descriptor 2\n")
            case "child":
                subprocess.run(("echo", "from a child"), check=True)
            case "node":
                Script.run("print")
            case "node at the end":
                Widget(self, "loud", spec={"loud": True})
            case "lines":
                for number in range(10_000):
                    sys.stdout.write(f"line {number}\n")
            case "long":
                sys.stdout.write("x" * 100_000 + "\n")
            case "binary":
                os.write(1, bytes(range(256)) + b"\0\0\0\5hello\n")
            case _:
                os.write(1, b"a line without an end")


class Forking(FixtureChart):
    """Leaves processes behind."""

    composite_type = composite_type("Forking", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Fork as the mode says."""
        match composite.spec.mode:
            case "returns":
                # The child goes on as if it were the worker.
                os.fork()
            case "exits":
                if os.fork() == 0:
                    sys.exit(0)
            case "session":
                if os.fork() == 0:
                    os.setsid()
                    _sleep()
            case "daemon":
                _daemon(_sleep)
            case "short-lived daemon":
                _daemon(lambda: None)
            case "child":
                subprocess.Popen(_SLEEP)
            case "nameless child":
                # Out of the process group, and without the environment that tells whose it is.
                subprocess.Popen(_SLEEP, start_new_session=True, env={"PATH": os.environ["PATH"]})
            case "in C":
                # Python knows of no fork: the child goes on as if it were the worker.
                ctypes.CDLL(None).fork()
            case "in C, slowly":
                if ctypes.CDLL(None).fork() == 0:
                    time.sleep(0.2)
            case "in C, orphaned":
                if ctypes.CDLL(None).fork() == 0 and ctypes.CDLL(None).fork() != 0:
                    os._exit(0)
            case "orphan":
                subprocess.run(("sh", "-c", "sleep 1000 &"), check=True)
            case _:
                Script.run("spawn")


def _daemon(work: Callable[[], None]) -> None:
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return
    os.setsid()
    if os.fork() == 0:
        work()
    os._exit(0)


def _sleep() -> None:
    time.sleep(1000)
    os._exit(0)


class Speaking(FixtureChart):
    """Writes to each of the process's sockets, as if it were the worker."""

    composite_type = composite_type("Speaking", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Write what the mode says."""
        reply = json.dumps(["Reply", True, {"outcome": {"message": "forged", "traceback": ""}, "spoiled": ""}]).encode()
        frames = {
            "reply": struct.pack("!16sII", b"x" * 16, os.getpid(), len(reply)) + reply,
            "bytes": b"x",
            "zeros": bytes(64),
        }
        for number in range(3, 64):
            try:
                if stat.S_ISSOCK(os.fstat(number).st_mode):
                    os.write(number, frames[composite.spec.mode])
            except OSError:
                continue


class Threading(FixtureChart):
    """Leaves a thread running."""

    composite_type = composite_type("Threading", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Start a thread that outlives the XR."""
        threading.Thread(target=_sleep, daemon=composite.spec.mode == "daemon").start()


_VARIABLE = contextvars.ContextVar("_VARIABLE", default="as it was")


def _shared() -> str:
    """Return the settings that alterations aim at, as far as they are cheap to tell."""
    umask = os.umask(0)
    os.umask(umask)
    return repr(
        (
            sys.stdout is sys.__stdout__ and not sys.stdout.closed,
            len(sys.path) > 1,
            umask,
            locale.setlocale(locale.LC_ALL),
            sys.getrecursionlimit(),
            resource.getrlimit(resource.RLIMIT_FSIZE),
            gc.isenabled(),
            _VARIABLE.get(),
            decimal.getcontext().prec,
        )
    )


def _detach() -> None:
    sys.stdout.detach()  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]


def _point_elsewhere() -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)


def _set_precision() -> None:
    decimal.getcontext().prec = 3


def _close() -> None:
    sys.stdout.close()


def _patch(owner: object, name: str) -> None:
    wrap = functools.partialmethod if isinstance(owner, type) else functools.partial
    setattr(owner, name, wrap(getattr(owner, name)))


ALTERATIONS: dict[str, Callable[[], object]] = {
    "stdout none": lambda: setattr(sys, "stdout", None),
    "stdout closed": _close,
    "stdout detached": _detach,
    "stdout elsewhere": _point_elsewhere,
    "stderr none": lambda: setattr(sys, "stderr", None),
    "path cleared": sys.path.clear,
    "path replaced": lambda: setattr(sys, "path", []),
    "finders cleared": sys.meta_path.clear,
    "umask": lambda: os.umask(0o777),
    "locale": lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8"),
    "recursion": lambda: sys.setrecursionlimit(300),
    "soft limit": lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    ),
    "collector": gc.disable,
    "variable": lambda: _VARIABLE.set("altered"),
    "precision": _set_precision,
    "modules dropped": lambda: [sys.modules.pop(name) for name in ("json", "cdk8s_function.objects")],
    "module replaced": lambda: sys.modules.update(json=types.ModuleType("json")),
    "class patched": lambda: _patch(ApiObject, "to_json"),
    "construct patched": lambda: _patch(Construct, "to_string"),
    "builtin patched": lambda: _patch(builtins, "sorted"),
    "function patched": lambda: _patch(json, "dumps"),
    "codec patched": lambda: _patch(sys.modules["msgspec.json"], "encode"),
    "files left open": lambda: [os.open(os.devnull, os.O_RDONLY) for _ in range(100)],
}
"""What a chart may do to its process, by mode."""


class Altering(FixtureChart):
    """Alters what the charts of one process share, and shows what it found."""

    composite_type = composite_type("Altering", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Alter as the mode says; say first how things were."""
        composite.set_status(
            {
                "folderIsScratch": pathlib.Path.cwd() == pathlib.Path(os.environ["TMPDIR"]),
                "altered": os.environ.get("ALTERED", ""),
                "home": "HOME" in os.environ,
                "shared": _shared(),
            }
        )
        match composite.spec.mode:
            case "environment":
                os.environ["ALTERED"] = composite.spec.token
                del os.environ["HOME"]
            case "environment cleared":
                os.environ.clear()
            case "folder":
                os.chdir("/")
            case "folder removed":
                shutil.rmtree(pathlib.Path.cwd())
            case mode if mode in ALTERATIONS:
                ALTERATIONS[mode]()
            case _:
                pass
