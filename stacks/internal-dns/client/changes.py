"""Change ingresses one after the other, and measure when a client sees each change: the service level objective.

    changes.py NAMESPACE [--case CASE]

The namespace has the ingresses changing1 to changing60, of a class that no controller here serves. All get an address,
two thirds of them another one, the others are deleted: 120 changes. Each is measured from before its write to the API
server until the server answers with it by UDP and by TCP. Fails if more than 1 % take over 10 seconds.

A third, as a deletion of half of the zone within 40 seconds is held.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO, cast

KUBECTL = "kubectl"
"""That of bin/, which is on the PATH of a case."""

OBJECTIVE_SECONDS = 10.0
SHARE = 0.01
NAMES = [f"changing{number}" for number in range(1, 61)]
_WITHIN_SECONDS = 60
_PAUSE_SECONDS = 0.3
"""Between two changes: they fall into many comparisons of external-dns, which are seconds apart."""


def kubectl(*arguments: str) -> str:
    """Return what kubectl prints."""
    command = [KUBECTL, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def addressing(namespace: str, number: int) -> Callable[[str], str]:
    """Return a change that gives an ingress an address, as its controller does, and returns the address."""

    def change(name: str) -> str:
        address = f"10.66.{number}.{name.removeprefix('changing')}"
        patch = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
        options = ("--subresource=status", "--type=merge", f"--patch={json.dumps(patch)}")
        kubectl("patch", "ingress", name, f"--namespace={namespace}", *options)
        return address

    return change


def deleting(namespace: str) -> Callable[[str], str]:
    """Return a change that deletes an ingress."""

    def change(name: str) -> str:
        kubectl("delete", "ingress", name, f"--namespace={namespace}", "--wait=false")
        return ""

    return change


def measured(names: Sequence[str], change: Callable[[str], str]) -> Iterator[float]:
    """Make a change of each ingress, and yield the seconds that a client waited for each."""
    path = "--output=jsonpath={.status.nameserverIP}"
    server = kubectl("get", "--namespace=internal-dns", "internaldns", "dns", path)
    probe = ("python3", "/probe/probe.py", "follow", f"--server={server}", f"--within={_WITHIN_SECONDS}")
    command = [KUBECTL, "exec", "--stdin", "--namespace=dns-client", "deployment/client", "--", *probe]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as following:
        tell = cast("IO[str]", following.stdin)
        for name in names:
            since = time.time()
            value = change(name)
            tell.write(f"{since} {name}.internal.example.org {value}\n")
            tell.flush()
            time.sleep(_PAUSE_SECONDS)
        tell.close()
        yield from map(float, cast("IO[str]", following.stdout))
    if following.returncode:
        sys.exit("the probe failed")


def main() -> None:
    """Change and measure as the arguments say, and print one line of JSON for each change."""
    parser = argparse.ArgumentParser()
    parser.add_argument("namespace")
    parser.add_argument("--case", default="")
    given = parser.parse_args()
    kept = len(NAMES) * 2 // 3
    seconds = [
        *measured(NAMES, addressing(given.namespace, 1)),
        *measured(NAMES[:kept], addressing(given.namespace, 2)),
        *measured(NAMES[kept:], deleting(given.namespace)),
    ]
    for each in seconds:
        print(json.dumps({"case": given.case, "measure": "a change, of 120", "seconds": each}))
    late = [each for each in seconds if each > OBJECTIVE_SECONDS]
    if len(late) > SHARE * len(seconds):
        sys.exit(f"{len(late)} of {len(seconds)} changes took over {OBJECTIVE_SECONDS:.0f} s: {late}")


if __name__ == "__main__":
    main()
