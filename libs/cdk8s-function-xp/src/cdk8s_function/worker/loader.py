"""Import a chart's class. Importing runs its author's code, so only a worker or a one-shot command does."""

import importlib
import pathlib
import sys
from collections.abc import Callable
from typing import Any, cast

from cdk8s_function.chart import validation_errors
from cdk8s_function.chart.composite_type import CompositeType
from cdk8s_function.errors import FatalError
from cdk8s_function.protocol.messages import ChartRef


class LoadError(FatalError):
    """A chart's class can't be imported.

    Attributes:
        traceback: The Python traceback, for the log; "" if there is none.
    """

    def __init__(self, message: str, trace: str = "") -> None:
        """Keep the traceback beside the message."""
        super().__init__(message)
        self.traceback = trace


def load(chart: ChartRef) -> Callable[..., object]:
    """Return what a chart's entry point names.

    Args:
        chart: The chart.

    Raises:
        LoadError: If its module can't be imported, or has nothing callable of that name.
        MemoryError: If this process has no memory left.
    """
    module, _, attribute = chart.target.partition(":")
    where = f"{chart.target} of {chart.dist} {chart.version}"
    try:
        loaded: object = importlib.import_module(module)
        for name in filter(None, attribute.split(".")):
            loaded = getattr(loaded, name)
    except MemoryError:
        raise
    except BaseException as error:  # An author's module may raise anything, sys.exit() included.
        reason = " ".join(f"cannot import {where}: {type(error).__name__}: {error}".split())
        raise LoadError(reason, validation_errors.trace(error)) from error
    if not callable(loaded):
        msg = f"{where} is not a class"
        raise LoadError(msg)
    return loaded


def composite_type(factory: Callable[..., object]) -> CompositeType[Any]:
    """Return the composite type that a chart's class declares.

    Args:
        factory: What `load` returned.

    Raises:
        LoadError: If it declares nothing.
    """
    declared = getattr(factory, "composite_type", None)
    if not isinstance(declared, CompositeType):
        name = getattr(factory, "__qualname__", repr(factory))
        msg = f"{name} declares no composite_type (a cdk8s_function.CompositeType)"
        raise LoadError(msg)
    return cast("CompositeType[Any]", declared)


def source(factory: Callable[..., object]) -> pathlib.Path:
    """Return the folder of the package a chart is in, or its module's file if it is in no package.

    Args:
        factory: What `load` returned.
    """
    module = sys.modules[factory.__module__]
    package = sys.modules[module.__name__.partition(".")[0]]
    file = pathlib.Path(package.__file__ or "")
    return file.parent if hasattr(package, "__path__") else file
