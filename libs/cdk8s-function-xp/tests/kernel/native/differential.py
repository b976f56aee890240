"""Run random construct programs on both kernels and compare all they answer, byte by byte.

Run `bin/python differential.py --programs 10000`; it prints the seed of each program
that differs, and exits with 1 if one does or too many are declined for nothing.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

import argparse
import collections
import contextlib
import dataclasses
import faulthandler
import functools
import importlib
import itertools
import json
import os
import pathlib
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from cdk8s_function.kernel.node import runtime

if TYPE_CHECKING:
    from cdk8s_function.kernel.switch import Kernels

MOST_NEEDLESS = 0.05
SHOWN = 10
TELL_SECONDS = 30
MOST_SECONDS = 300
"""How long one program may take, of some 20 ms: one that never ends must not take the whole run with it."""
PLUS = "cdk8s_plus_34.k8s"
BLESSED = pathlib.Path(__file__).parents[3] / "src" / "cdk8s_function" / "kernel" / "native" / "blessed.json"


@dataclasses.dataclass
class Counts:
    programs: int = 0
    different: list[int] = dataclasses.field(default_factory=list[int])
    declined: int = 0
    needless: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter[str])

    def passed(self) -> bool:
        return not self.different and self.needless.total() <= MOST_NEEDLESS * self.programs

    def __str__(self) -> str:
        reasons = "".join(f"\n  {count} x {reason}" for reason, count in self.needless.most_common(12))
        return (
            f"{self.programs} programs: {len(self.different)} different {self.different[:SHOWN]}, "
            f"{self.declined} declined, "
            f"of these {self.needless.total()} though Node.js answers{reasons}"
        )


@contextlib.contextmanager
def kernels() -> Generator["Kernels"]:
    """Both kernels of this process, which must not have imported cdk8s."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # The default folder is shared with every other process of this user.
        os.environ["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] = str(pathlib.Path(folder, "packages"))
        runtime.configure(scratch=pathlib.Path(folder), node_heap_mib=1024)
        from cdk8s_function.kernel import plain_arguments
        from cdk8s_function.kernel.switch import KERNELS

        plain_arguments.spare_checks()
        yield KERNELS


_tokens = itertools.count(1)


def rendered(kind: Any, seed: int) -> str:
    """What an object of a generated class is rendered to, on the kernel in charge, as one text."""
    from classes import render

    try:
        made: Any = render(kind, seed)
    except Exception as error:  # noqa: BLE001
        made = ["", f"{type(error).__name__}: {error}"]
    return json.dumps(made, ensure_ascii=True)


def answer(seed: int) -> str:
    """What a program answers, on the kernel in charge, as one text."""
    import jsii
    from cdk8s_function.kernel.node import assembly
    from programs import Program

    class Synthesis:
        __jsii_type__ = f"{assembly.NAME}.Synthesis"

    program = Program(seed)
    try:
        chart = program.run()
        found: Any = jsii.sinvoke(Synthesis, "objects", [chart, next(_tokens)])
        objects: Any = (json.loads(found) if isinstance(found, str) else found)["objects"]
    except Exception as error:  # noqa: BLE001
        objects = f"{type(error).__name__}: {error}"
    return json.dumps([program.log, objects], ensure_ascii=True)


def compare(both: "Kernels", seed: int, counts: Counts, answer: Callable[[int], str] = answer) -> None:
    """Run one program on both kernels."""
    from cdk8s_function.kernel.native.decline import DeclinedError
    from cdk8s_function.kernel.node import assembly

    counts.programs += 1
    ours = ""
    with both.native() as declined:
        with contextlib.suppress(DeclinedError):
            ours = answer(seed)
        reason = declined()
    with both.node():
        theirs = answer(seed)
        assembly.release()
        assembly.settle()
    if reason:
        counts.declined += 1
        if not isinstance(json.loads(theirs)[1], str):
            counts.needless[reason] += 1
    elif ours != theirs:
        counts.different.append(seed)
        if len(counts.different) <= SHOWN:
            at = next((index for index, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), 0)
            shown = slice(max(0, at - 150), at + 150)
            print(f"seed {seed}, at {at}:\n  native  {ours[shown]}\n  Node.js {theirs[shown]}")


@contextlib.contextmanager
def _bounded(seed: int) -> Generator[None]:
    timer = threading.Timer(MOST_SECONDS, _give_up, [seed])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _give_up(seed: int) -> None:
    print(f"seed {seed} did not end within {MOST_SECONDS} s", flush=True)
    faulthandler.dump_traceback()
    os._exit(3)


def _kinds(module: str) -> list[Any]:
    from classes import kinds

    return kinds(importlib.import_module(module))


def run(both: "Kernels", first: int, programs: int, classes: Sequence[str]) -> Counts:
    """Run programs, or objects of the classes of modules, from a seed on."""
    counts = Counts()
    told = time.monotonic()
    kinds = [kind for name in classes for kind in _kinds(name)]
    for seed in range(first, first + programs):
        with _bounded(seed):
            if kinds:
                compare(both, seed, counts, functools.partial(rendered, kinds[seed % len(kinds)]))
            else:
                compare(both, seed, counts)
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            print(counts, flush=True)
    print(counts, flush=True)
    return counts


def bless(seed: int, programs: int) -> bool:
    """Compare the kernels with the installed releases, whatever they are, and trust these if nothing differs."""
    from cdk8s_function.kernel.native import assemblies

    class Everything(dict[str, str]):
        def __contains__(self, key: object) -> bool:
            return True

    assemblies.blessed = Everything
    with kernels() as both:
        importlib.import_module("cdk8s_plus_34.k8s")
        passed = run(both, seed, programs, ()).passed() and run(both, seed, programs // 5, (PLUS,)).passed()
    if passed:
        found = {
            assemblies.digest(file): file.name.removesuffix(".jsii.tgz")
            for file in assemblies.LOADED.values()
            if "@" in file.name
        }
        text = json.dumps(dict(sorted(found.items(), key=lambda item: item[1])), indent=2)
        BLESSED.write_text(f"{text}\n", encoding="utf-8")
    return passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="the first program's seed")
    parser.add_argument("--classes", action="append", default=[], help="a module of generated classes, not programs")
    parser.add_argument(
        "--bless", action="store_true", help="if all is well, let the native kernel serve what is installed"
    )
    options = parser.parse_args()
    if options.bless:
        sys.exit(not bless(options.seed, options.programs))
    with kernels() as both:
        sys.exit(not run(both, options.seed, options.programs, options.classes).passed())


if __name__ == "__main__":
    main()
