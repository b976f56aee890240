"""Charts that raise, by their own fault or their user's."""

import contextlib
import enum
import math
import os
import pathlib
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import jsii
import pydantic
from cdk8s import ApiObject, Helm, Include
from cdk8s_function import Composite, InvalidFieldError, Manifest
from constructs import Construct, IValidation

from fixture_charts.chart import FixtureChart, Spec, composite_type, config_map
from fixture_charts.javascript import Script


@jsii.implements(IValidation)
class _Validation:
    def __init__(self, *faults: str) -> None:
        self._faults = faults

    def validate(self) -> list[str]:
        return list(self._faults)


@jsii.implements(IValidation)
class _BrokenValidation:
    def validate(self) -> list[str]:
        msg = "the validation itself failed"
        raise LookupError(msg)


class Invalid(FixtureChart):
    """Constructs that cdk8s refuses, when made or at synthesis."""

    composite_type = composite_type("Invalid", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Make what the mode names."""
        match composite.spec.mode:
            case "validation":
                made = config_map(Construct(self, "database"), "settings", {})
                made.node.add_validation(_Validation("size must be positive", "name is taken"))
            case "broken-validation":
                self.node.add_validation(_BrokenValidation())
            case "same-id":
                config_map(self, "twice", {})
                config_map(self, "twice", {})
            case "wrong-type":
                ApiObject(self, "wrong", api_version=1, kind="ConfigMap")  # pyright: ignore[reportArgumentType]
            case "cycle":
                first, second = config_map(self, "first", {}), config_map(self, "second", {})
                first.add_dependency(second)
                second.add_dependency(first)
            case "script":
                Script.run("fail")
            case "include":
                Include(self, "included", url="absent.yaml")
            case "include url":
                Include(self, "included", url="http://127.0.0.1:1/absent.yaml")
            case "helm":
                Helm(self, "chart", chart="./absent", values={"a": 1}, helm_executable="/bin/false")
            case "helm absent":
                Helm(self, "chart", chart="./absent", values={"a": 1}, helm_executable="absent-helm")
            case "helm talking":
                Helm(self, "chart", chart="./absent", values={"a": 1}, helm_executable=_talking_helm())
            case "ready of two":
                for name in ("one", "two"):
                    config_map(Construct(self, name), "settings", {})
                composite.set_ready(True, of=self)
            case "ready word":
                config_map(self, "settings", {}).metadata.add_annotation("cdk8s.fn.crossplane.io/ready", "yes")
            case "ready list":
                self._config_map(annotations={"cdk8s.fn.crossplane.io/ready": ["True"]})
            case "key number":
                self._config_map(annotations={"cdk8s.fn.crossplane.io/composition-resource-name": 5})
            case "name number":
                self._config_map(name=5)
            case mode:
                raise InvalidFieldError("spec.mode", f'"{mode}" is not a mode of this chart')

    def _config_map(self, **metadata: object) -> None:
        Manifest(self, "settings", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


class _Size(pydantic.BaseModel):
    gibibytes: int


def _key_error() -> None:
    {"present": 1}["absent"]


def _multi_line() -> None:
    msg = "the first line\n\n    the second line:\n\tthe third line"
    raise ValueError(msg)


def _address() -> None:
    msg = f"cannot use {object()!r}"
    raise TypeError(msg)


def _chained() -> None:
    try:
        _key_error()
    except KeyError as error:
        msg = "the settings are incomplete"
        raise RuntimeError(msg) from error


def _model() -> None:
    _Size.model_validate({"gibibytes": "many"})


def _temporary_file() -> None:
    with open(os.path.join(tempfile.gettempdir(), "absent.yaml"), encoding="utf-8"):  # noqa: PTH118, PTH123
        pass


def _surrogate() -> None:
    msg = b"caf\xe9".decode("ascii", "surrogateescape")
    raise ValueError(msg)


def _long() -> None:
    raise ValueError("x" * 10_000)


def _group() -> None:
    msg = "two at once"
    raise ExceptionGroup(msg, [ValueError("one"), KeyError("two")])


def _interrupt() -> None:
    raise KeyboardInterrupt


def _generator_exit() -> None:
    raise GeneratorExit


def _recursion(depth: int = 0) -> None:
    _recursion(depth + 1)


def _broken_pipe() -> None:
    raise BrokenPipeError(32, "Broken pipe")


_RAISERS: dict[str, Callable[[], object]] = {
    "key-error": _key_error,
    "multi-line": _multi_line,
    "address": _address,
    "chained": _chained,
    "model": _model,
    "temporary-file": _temporary_file,
    "surrogate": _surrogate,
    "long": _long,
    "group": _group,
    "exit": lambda: sys.exit(3),
    "exit-with-text": lambda: sys.exit("giving up\non two lines"),
    "interrupt": _interrupt,
    "generator-exit": _generator_exit,
    "recursion": _recursion,
    "broken-pipe": _broken_pipe,
    "empty": lambda: next(iter(())),
}


class _Unprintable(Exception):  # noqa: N818  # Its name is not the point.
    def __str__(self) -> str:
        msg = "no text"
        raise ValueError(msg)


class Raising(FixtureChart):
    """Every kind of exception Python code raises."""

    composite_type = composite_type("Raising", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Raise what the mode names."""
        match composite.spec.mode:
            case "unprintable":
                raise _Unprintable
            case "unmade construct":
                _Unmade(self, "part")
            case "endless constructs":
                _endless(self, 0)
            case "broken-off call":
                _break_off_a_call()
            case "broken-off call swallowed":
                with contextlib.suppress(TimeoutError):
                    _break_off_a_call()
            case "broken-off call refused":
                with contextlib.suppress(TimeoutError):
                    _break_off_a_call()
                raise InvalidFieldError("spec.mode", "takes too long")
            case mode:
                _RAISERS[mode]()


class _Unmade(Construct):
    def __init__(self, scope: Construct, id: str) -> None:
        """Use itself before the constructor of its base has run."""
        Manifest(self, "config", {"apiVersion": "v1", "kind": "ConfigMap"})


def _talking_helm() -> str:
    """Return a program that fails as Helm does, with its arguments in what it says."""
    program = pathlib.Path(tempfile.gettempdir(), "helm")
    program.write_text('#!/bin/sh\necho "Error: open $*: no such file" >&2\nexit 1\n', encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def _endless(scope: Construct, level: int) -> None:
    _endless(Construct(scope, str(level)), level + 1)


def _break_off_a_call() -> None:
    """Give a construct less time than it takes: its result comes when nobody waits for it any more."""

    def give_up(number: int, frame: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    Script.run("pause")


class _Colour(enum.Enum):
    RED = "red"


class Unserialisable(FixtureChart):
    """Values without a JSON form, in each place that takes a value."""

    composite_type = composite_type("Unserialisable", Spec)

    def behave(self, composite: Composite[Spec]) -> None:
        """Hand over what the mode names."""
        values: dict[str, Any] = {
            "bytes": b"raw",
            "enum": _Colour.RED,
            "nan": math.nan,
            "object": object(),
            "key": {1: "one"},
            "surrogate": "\udcff",
            "infinite": [1, [math.inf]],
        }
        place, _, name = composite.spec.mode.partition(" ")
        match place:
            case "status":
                composite.set_status({"deep": [{"value": values[name]}]})
            case "context":
                composite.set_context("key", values[name])
            case "object":
                made = config_map(self, "made", {})
                made.add_json_patch()
                config_map(self, "bad", values[name])
            case "manifest":
                Manifest(self, "bad", {"apiVersion": "v1", "kind": "Bad", "spec": {"deep": [{"value": values[name]}]}})
            case "ttl":
                composite.set_ttl(values[name])
            case _:
                composite.set_condition("Custom", True, reason=values[name])  # noqa: FBT003
