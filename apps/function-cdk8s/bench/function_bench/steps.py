"""What each step towards a faster function gains: function-cdk8s as it is, and without one of them at a time."""

import dataclasses
import pathlib

from function_bench import figures, rounds
from function_bench.contenders import Contender

_WITHOUT = pathlib.Path(__file__).parents[1] / "without"

AS_IT_IS = "as it is"

_TAKEN_BACK = {
    "launcher": "jsii's own launcher and its relay",
    "link": "jsii's own way to its kernel, by cattrs",
    "remembered-types": "jsii's checks of each argument of each call",
    "late-deletions": "each deletion waited for",
    "deletions": "nothing let go, as jsii does",
    "loop": "asyncio's own event loop",
}
"""By the name that `without/sitecustomize.py` has for the step: what there was before it."""


def run(contender: Contender, *, turns: int, count: int) -> dict[str, list[figures.Round]]:
    """Return the turns of function-cdk8s as it is, and without each of the steps, by what there was before."""
    variants = [
        dataclasses.replace(contender, name=AS_IT_IS, title=AS_IT_IS),
        dataclasses.replace(
            contender,
            name="cache",
            title="each reconcile composed anew",
            command=(*contender.command, "--cache-size=0"),
        ),
        *(
            dataclasses.replace(
                contender,
                name=name,
                title=title,
                variables={**contender.variables, "PYTHONPATH": str(_WITHOUT), "FUNCTION_BENCH_WITHOUT": name},
            )
            for name, title in _TAKEN_BACK.items()
        ),
    ]
    measured = rounds.run(variants, rounds=turns, count=count)
    return {variant.title: measured[variant.name] for variant in variants}
