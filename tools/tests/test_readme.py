"""The command on the README's first screen, which needs the function and a chart that knows nothing of it."""

import pathlib
import re
import subprocess

WORKSPACE = pathlib.Path(__file__).parents[2]
README = (WORKSPACE / "README.md").read_text(encoding="utf-8")


def test_the_render_command_of_the_first_screen() -> None:
    command = re.search(r"^(bin/render .+)$", README, flags=re.MULTILINE)
    assert command

    done = subprocess.run(
        ["/bin/sh", "-c", command[1]], cwd=WORKSPACE, capture_output=True, text=True, check=True, timeout=300
    )

    shown = re.search(r"^```text\n(.+?)^…$", README, flags=re.MULTILINE | re.DOTALL)
    assert shown
    assert done.stdout.startswith(shown[1])
    kinds = {line.split()[1] for line in done.stdout.split("\n\n")[1].splitlines()}
    assert {"Deployment", "PersistentVolumeClaim", "Secret", "Service"} <= kinds
