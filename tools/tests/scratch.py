"""A clone of the working tree, as it is now, in which a test commits, tags and runs Nx."""

import os
import pathlib
import subprocess
from collections.abc import Sequence

WORKSPACE = pathlib.Path(__file__).parents[2]
_NX = WORKSPACE / "node_modules/nx/dist/bin/nx.js"
_AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}
_NX_SETTINGS = {"NX_DAEMON": "false", "NX_NO_CLOUD": "true", "NX_TUI": "false", "NO_COLOR": "1", "CI": "true"}


class Clone:
    """A repository with one commit: every file of the workspace that git would keep.

    Args:
        root: An empty folder for it.
    """

    def __init__(self, root: pathlib.Path) -> None:
        subprocess.run([WORKSPACE / "bin/provision", "nx"], stdout=subprocess.DEVNULL, check=True, timeout=600)
        self.root = root
        kept = ["git", "-C", str(WORKSPACE), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(kept, capture_output=True, check=True).stdout.decode().split("\0")
        for name in filter(None, names):
            original = WORKSPACE / name
            if not original.exists():
                continue  # deleted, and not committed yet
            copy = root / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(original.read_bytes())
            copy.chmod(original.stat().st_mode)
        (root / "node_modules").symlink_to(WORKSPACE / "node_modules")
        self.git("init", "--quiet", "--initial-branch=main")
        (root / ".git/info/exclude").write_text("/node_modules\n", encoding="utf-8")
        self.commit("chore: begin")

    def run(self, *command: str | pathlib.Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command at the root of the clone."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, **_AUTHOR, **_NX_SETTINGS, "PATH": f"{WORKSPACE / 'bin'}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert not check or done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done

    def git(self, *arguments: str) -> str:
        """Run git; returns what it prints."""
        return self.run("git", *arguments).stdout

    def nx(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the Nx that the workspace pins."""
        return self.run(WORKSPACE / "bin/node", _NX, *arguments, check=check)

    def commit(self, message: str, *, touch: Sequence[str] = ()) -> None:
        """Commit all changes, among them a line more in each file of `touch`."""
        for name in touch:
            self.append(name)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def append(self, name: str, line: str = "\n") -> None:
        """Change a file in a way that its format allows."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(line)

    def read(self, name: str) -> str:
        """Return a file's text."""
        return (self.root / name).read_text(encoding="utf-8")
