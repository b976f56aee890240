"""Makes the modules beside the tests importable; and the page of metrics of a served function."""

import json
import pathlib
import subprocess
import sys
import urllib.request

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

SECONDS = 120


@pytest.fixture(scope="session")
def function_page() -> str:
    """What a served function tells."""
    main = "from function_cdk8s.cli import main; main()"
    arguments = ("--insecure", "--workers=1", "--address=127.0.0.1:0", "--metrics-address=127.0.0.1:0")
    process = subprocess.Popen(
        [sys.executable, "-c", main, "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            entries = (json.loads(line) for line in process.stdout if line.startswith("{"))
            port = next(entry["port"] for entry in entries if entry["msg"] == "serving metrics")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as response:
                return response.read().decode()
        finally:
            process.terminate()
