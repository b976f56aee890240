"""Process 1 of a node: run its programs, start again those that end, and reap what they leave.

Programs come up in any order and end while another is not there yet, as under
any service manager. When this process ends, the kernel ends all others of its
process namespace, and its mounts go with its mount namespace.

    python -m cluster.init COMMANDS    COMMANDS: a JSON file, from names to command lines
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import types
from collections.abc import Mapping, Sequence
from typing import NoReturn

_PAUSE_SECONDS = 1.0
_ENVIRONMENT = ("HOME", "LANG", "PATH", "TMPDIR")


def main(commands_file: str) -> None:
    """Run the programs until a signal ends this process."""
    commands: Mapping[str, Sequence[str]] = json.loads(pathlib.Path(commands_file).read_text(encoding="utf-8"))
    logs = pathlib.Path(commands_file).parent.parent / "logs"
    _mount()
    running = {_start(name, command, logs): name for name, command in commands.items()}
    while True:
        ended, status = os.wait()
        name = running.pop(ended, None)
        if name is None:
            continue
        code = os.waitstatus_to_exitcode(status)
        print(f"{time.strftime('%H:%M:%S')} {name} ended with status {code}", flush=True)
        time.sleep(_PAUSE_SECONDS)
        running[_start(name, commands[name], logs)] = name


def _mount() -> None:
    # Sockets, network namespaces of pods and addresses in use: nothing that outlives the node.
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    for folder in ("/run/lock", "/run/netns"):
        pathlib.Path(folder).mkdir()


def _start(name: str, command: Sequence[str], logs: pathlib.Path) -> int:
    with (logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={key: os.environ[key] for key in _ENVIRONMENT if key in os.environ},
        )
    # Reaped in `main`, by number: Popen must not be asked for its status.
    process.returncode = 0
    return process.pid


def _end(number: int, frame: types.FrameType | None) -> NoReturn:
    del number, frame
    sys.exit(0)


if __name__ == "__main__":
    # The first process of a namespace gets no signal that it does not ask for.
    signal.signal(signal.SIGTERM, _end)
    main(sys.argv[1])
