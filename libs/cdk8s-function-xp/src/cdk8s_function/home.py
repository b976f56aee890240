"""The folder a pool's workers write to, and what became of those of servers that were killed.

A server that is killed, for its memory say, can't remove its folder. Where the
temporary folder outlives it, as a pod's emptyDir does, the next server removes it:
some 10 MiB that would else be left by each. A lock on the folder, which the kernel
gives up with the process (flock(2)), tells whether its server lives.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import tempfile

PREFIX = "cdk8s-function-"


class Home:
    """A new folder of this process.

    Attributes:
        path: The folder.
    """

    def __init__(self) -> None:
        """Make the folder, and remove those whose processes are gone."""
        while True:
            self.path = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
            self._lock = _locked(self.path)
            # Another process may have come between the two, and found a folder without a lock.
            if self._lock is not None and self.path.exists():
                break
            self.close()
        for other in self.path.parent.glob(f"{PREFIX}*"):
            if (lock := _locked(other)) is not None:
                shutil.rmtree(other, ignore_errors=True)
                os.close(lock)

    def close(self) -> None:
        """Remove the folder. Harmless when repeated."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _locked(folder: pathlib.Path) -> int | None:
    """Return a descriptor that holds the lock on a folder, None if another process has it or there is no folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
        else:
            return descriptor
    return None
