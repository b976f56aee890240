"""Charts that leave something behind in the worker: output, processes, threads, altered state."""

import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from cdk8s_function import Composite

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


class Threading(FixtureChart):
    """Leaves a thread running."""

    composite_type = composite_type("Threading", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Start a thread that outlives the XR."""
        threading.Thread(target=_sleep, daemon=composite.spec.mode == "daemon").start()


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
            case _:
                pass
