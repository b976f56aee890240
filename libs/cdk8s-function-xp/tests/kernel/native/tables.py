"""Tables of what Node.js answers, and what the native kernel says to the same.

The tests beside compare the native kernel with the tables. Run as a program, this
file asks Node.js, and prints each case that it answers otherwise.
"""

import contextlib
import dataclasses
import importlib
import itertools
import json
import pathlib
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

# jsii has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

TOLD = 72
HERE = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Raised:
    """An exception: the first characters of its text."""

    text: str

    @classmethod
    def by(cls, error: Exception) -> "Raised":
        """What an exception is in a table."""
        return cls(str(error)[:TOLD].partition("\n")[0])


@dataclasses.dataclass(frozen=True)
class Case:
    """One line of a table.

    Attributes:
        given: What the table's program is given.
        answer: What it returns on Node.js; floats and the order of keys count.
        declined: Why the native kernel leaves it to Node.js; "" if it answers.
    """

    given: Any
    answer: Any
    declined: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """Cases of one program, which is to work on either kernel.

    Attributes:
        program: What is asked of the kernel in charge.
        cases: What it is given, and what it returns.
        node: What asks Node.js instead, if the program can't: it returns the answers to all that is given.
    """

    program: Callable[[Any], Any]
    cases: Sequence[Case]
    node: Callable[[Sequence[Any]], Sequence[Any]] | None = None


def parameters(tables: Iterable[Table]) -> list[Any]:
    """Tables for `pytest.mark.parametrize`."""
    import pytest

    return [pytest.param(table, id=table.program.__name__) for table in tables]


def expected(table: Table) -> list[str]:
    """What the native kernel is to say to each case."""
    return [
        f"{case.given!a}: {f'declined: {case.declined}' if case.declined else _text(case.answer)}"
        for case in table.cases
    ]


def natively(table: Table) -> list[str]:
    """What the native kernel says to each case."""
    return [f"{case.given!a}: {native(table.program, case.given)}" for case in table.cases]


def native(program: Callable[[Any], Any], given: Any) -> str:
    """What the native kernel says: an answer as JSON, or why it declined."""
    from cdk8s_function.kernel.native.decline import DeclinedError
    from cdk8s_function.kernel.switch import KERNELS

    said = ""
    with KERNELS.native() as reason:
        with contextlib.suppress(DeclinedError):
            said = _text(answer(program, given))
        return f"declined: {reason()}" if reason() else said


def answer(program: Callable[[Any], Any], given: Any) -> Any:
    """What a program returns or raises on the kernel in charge."""
    try:
        return program(given)
    except Exception as error:  # noqa: BLE001
        return Raised.by(error)


def _text(answer: Any) -> str:
    return f"raised: {answer.text!a}" if isinstance(answer, Raised) else json.dumps(answer)


_tokens = itertools.count(1)


def objects(chart: Any) -> list[Any]:
    """What a chart is synthesised to: each object's path and manifest."""
    import jsii
    from cdk8s_function.kernel.node import assembly

    class Synthesis:
        __jsii_type__ = f"{assembly.NAME}.Synthesis"

    found: Any = jsii.sinvoke(Synthesis, "objects", [chart, next(_tokens)])
    return (json.loads(found) if isinstance(found, str) else found)["objects"]


def manifest(body: Any, *patches: Any) -> Any:
    """What an object of a manifest is rendered to, `apiVersion` and `kind` being there already."""
    import cdk8s
    from cdk8s_function import Manifest

    chart = cdk8s.Chart(cdk8s.App(), "chart")
    made = Manifest(chart, "made", {"apiVersion": "v1", "kind": "Kind", **body})
    made.add_json_patch(*patches)
    return objects(chart)[0]["manifest"]


def main() -> None:
    from differential import kernels

    differences = count = 0
    with kernels() as both, both.node():
        for file in sorted(HERE.glob("test_*.py")):
            for table in getattr(importlib.import_module(file.stem), "TABLES", ()):
                given = [case.given for case in table.cases]
                answers = table.node(given) if table.node else [answer(table.program, each) for each in given]
                count += len(given)
                for case, said in zip(table.cases, answers, strict=True):
                    if _text(said) != _text(case.answer):
                        differences += 1
                        print(f"{file.stem}: {table.program.__name__} of {case.given!a}: {_text(said)}")
    print(f"{count} cases: {differences} different")
    sys.exit(bool(differences))


if __name__ == "__main__":
    # The tests' tables are of this module by its own name.
    importlib.import_module("tables").main()
