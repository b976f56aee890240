"""Take one step of function-cdk8s's back, to see what it gains: the one that FUNCTION_BENCH_WITHOUT names."""

# pyright: reportPrivateUsage=false

import asyncio
import importlib
import os
import sys
from typing import Any

STEP = os.environ["FUNCTION_BENCH_WITHOUT"]


def take_back() -> None:
    """Put what there was before in the place of a step of the kernel's."""
    # The switch comes before all that imports jsii, as it does in a worker.
    importlib.import_module("cdk8s_function.kernel.switch")
    from cdk8s_function.kernel.node import kernel_link, references, type_checks

    post: Any = kernel_link.Link.post

    def post_and_wait(link: Any, messages: Any) -> None:
        post(link, messages)
        link.settle()

    def release_nothing(_: Any) -> None:
        pass

    steps: dict[str, tuple[Any, str, Any]] = {
        "link": (kernel_link, "_REQUESTS", {}),
        "remembered-types": (type_checks, "remember", lambda: None),
        "late-deletions": (kernel_link.Link, "post", post_and_wait),
        "deletions": (references.References, "release", release_nothing),
    }
    if STEP in steps:
        owner, name, value = steps[STEP]
        getattr(owner, name)  # It must be there.
        setattr(owner, name, value)


if "cdk8s_function.worker" in sys.orig_argv:
    from cdk8s_function.kernel.node import runtime

    configure, find = runtime.configure, runtime._package_file

    def configure_without(**options: Any) -> None:
        """Configure jsii, which no module may import before, and take the step back."""
        configure(**options)
        take_back()

    runtime.configure = configure_without
    if STEP == "launcher":
        runtime._package_file = lambda package, path: None if package == "jsii" else find(package, path)
elif STEP == "loop":
    import uvloop

    uvloop.run = asyncio.run
