"""What images and packages are, and the Dockerfiles that make the same; slow/ builds them."""

import json
import pathlib
import re
import subprocess

import pytest
import yaml
from images import catalog, charts, packages, workspace

ROOT = workspace.ROOT
FUNCTION = ROOT / "apps/function-cdk8s/Dockerfile"
CHART = ROOT / "libs/internal-dns-xp/function/Dockerfile"
OURS = {
    "function-cdk8s",
    *(name for library in charts.libraries() for name in (library.function, library.image)),
}


def instructions(file: pathlib.Path) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile's last stage."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    found = [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]
    last = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return found[last:]


def of(name: str, found: list[tuple[str, str]]) -> list[str]:
    return [rest for each, rest in found if each == name]


def test_the_dockerfile_sets_what_the_image_sets() -> None:
    config = catalog.find("function-cdk8s").config
    found = instructions(FUNCTION)

    assert of("FROM", found) == ["scratch"]
    assert of("ENV", found) == list(config.environment)
    assert of("LABEL", found) == [f"{name}={value}" for name, value in config.labels]
    assert of("EXPOSE", found) == list(config.ports)
    assert of("USER", found) == [config.user]
    assert [json.loads(each) for each in of("ENTRYPOINT", found)] == [list(config.entrypoint)]


def test_the_charts_dockerfile_builds_on_the_versions_of_this_workspace() -> None:
    """Each reference is that of an image of the catalog, so a release that forgets this file fails here."""
    found = instructions(CHART)
    (base,) = catalog.find("function-cdk8s").references
    (chart,) = catalog.find("internal-dns-chart").references

    assert found == [("FROM", base), ("COPY", f"--from={chart} / /charts/internal-dns/")]


def test_the_design_note_names_the_images_there_are() -> None:
    """Its Dockerfile builds on the runtime image, and its DeploymentRuntimeConfig mounts the chart in it."""
    note = (ROOT / "docs/explanation/packaging.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", note, flags=re.DOTALL))
    (base,) = catalog.find("function-cdk8s").references
    (chart,) = catalog.find("internal-dns-chart").references
    pod = yaml.safe_load(blocks["yaml"])["spec"]["deploymentTemplate"]["spec"]["template"]["spec"]

    assert blocks["dockerfile"].splitlines() == [f"FROM {base}", "COPY chart/ /charts/greeting/"]
    assert pod["volumes"] == [{"name": "internal-dns", "image": {"reference": chart}}]
    assert pod["containers"] == [
        {"name": "package-runtime", "volumeMounts": [{"name": "internal-dns", "mountPath": "/charts/internal-dns"}]}
    ]


def test_the_configuration_depends_on_the_function_that_has_its_chart() -> None:
    """Crossplane names a function it installs for a dependency after its repository: organisation, then name."""
    package = yaml.safe_load((ROOT / "libs/internal-dns-xp/package/crossplane.yaml").read_text(encoding="utf-8"))
    composition = yaml.safe_load(
        (ROOT / "libs/internal-dns-xp/package/apis/internaldns/composition.yaml").read_text(encoding="utf-8")
    )
    (needed,) = package["spec"]["dependsOn"]
    _, organisation, name = needed["package"].split("/")

    assert name == "function-internal-dns"
    assert name in packages.PACKAGES
    assert needed["version"] == catalog.find(name).version
    (step,) = composition["spec"]["pipeline"]
    assert step["functionRef"]["name"] == f"{organisation}-{name}"


def test_a_library_with_a_function_gives_two_images_and_two_packages() -> None:
    assert {"function-internal-dns", "internal-dns-chart"} <= set(catalog.names())
    assert {"function-cdk8s", "function-internal-dns", "internal-dns"} <= packages.PACKAGES.keys()


def test_every_image_says_what_it_is_and_stands_for_repositories_with_a_tag() -> None:
    for name in catalog.names():
        found = catalog.find(name)
        assert found.name == name
        assert found.stands_in == (name not in OURS)
        for reference in found.references:
            assert re.fullmatch(r"[a-z0-9.-]+(/[a-z0-9-]+)+:v?[0-9]+\.[0-9]+(\.[0-9]+)?", reference)


def test_the_stand_in_of_powerdns_is_what_the_chart_asks_for() -> None:
    """The repository and the least patch that the chart's own rules name."""
    found = catalog.find("powerdns")

    assert found.repositories == ["docker.io/powerdns/pdns-auth-51"]
    assert found.version.startswith("5.1.")
    assert found.config.user == "953"


@pytest.mark.parametrize("command", ["build", "package", "root"])
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(command: str) -> None:
    done = subprocess.run([ROOT / "bin/images", command, "nothing"], capture_output=True, text=True, check=False)

    known = ", ".join(packages.PACKAGES if command == "package" else catalog.names())
    kind = "package" if command == "package" else "image"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f'bin/images: no {kind} is called "nothing": there are {known}\n'
