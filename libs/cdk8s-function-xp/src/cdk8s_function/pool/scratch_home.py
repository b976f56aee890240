"""The folder that a pool's workers write to.

A server that is killed, for its memory for example, can't remove its folder of
some 10 MiB. If the temporary folder outlives it, as a pod's emptyDir does, the
next server removes it. A folder belongs to a pool if it contains a file `pool`,
and its server is alive while that file is locked: the system releases the lock
with the process (flock(2)).
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import tempfile
import threading

PREFIX = "cdk8s-function-"
MARK = "pool"


class ScratchHome:
    """A new folder of this process.

    Attributes:
        path: The folder.
    """

    def __init__(self) -> None:
        """Make the folder, and remove those whose processes are gone."""
        self._making = threading.Lock()
        self.path, self._lock = _made()
        mark = self.path / MARK
        for other in self.path.parent.glob(f"{PREFIX}*/{MARK}"):
            if other != mark:
                _remove_if_left(other)

    def kept(self) -> pathlib.Path:
        """Return the folder, a new one if somebody removed it: whoever cleans up temporary folders, or a chart.

        Raises:
            OSError: If no new one can be made.
        """
        with self._making:
            if self._lock >= 0 and not (self.path / MARK).exists():
                os.close(self._lock)
                self._lock = -1
                shutil.rmtree(self.path, ignore_errors=True)
            if self._lock < 0:
                self.path, self._lock = _made()
            return self.path

    def close(self) -> None:
        """Remove the folder. Harmless when repeated."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def _made() -> tuple[pathlib.Path, int]:
    pathlib.Path(tempfile.gettempdir()).mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
    # It gets its name once it is locked, so that no other server finds it unlocked.
    lock = os.open(path / f"new-{MARK}", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    (path / f"new-{MARK}").rename(path / MARK)
    return path, lock


def _remove_if_left(mark: pathlib.Path) -> None:
    with contextlib.suppress(OSError):
        lock = os.open(mark, os.O_RDWR | os.O_NOFOLLOW)
        try:
            if os.fstat(lock).st_uid == os.geteuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(mark.parent, ignore_errors=True)
        finally:
            os.close(lock)
