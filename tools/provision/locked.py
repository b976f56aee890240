"""Run a command while holding a lock: locked.py LOCKFILE COMMAND [ARGUMENT…].

The command and its children inherit the lock's file descriptor, so the lock lasts until the last of them has ended,
however it ends, and no stale lock can stay behind.
"""

import fcntl
import os
import sys

path, *command = sys.argv[1:]
lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
os.set_inheritable(lock, True)  # noqa: FBT003  # os takes no keyword here
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print(f"waiting for another process that provisions {command[-1]}", file=sys.stderr)
    fcntl.flock(lock, fcntl.LOCK_EX)
os.execv(command[0], command)
