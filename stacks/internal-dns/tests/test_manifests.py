"""The stack's manifests fit each other, the packages they install and the API of what they make."""

import base64
import pathlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import click
import pydantic
import pytest
import yaml
from function_cdk8s import serve
from internal_dns.api.spec import InternalDnsSpec

STACK = pathlib.Path(__file__).parents[1]
WORKSPACE = STACK.parents[1]
ENVIRONMENTS = ["local", "production"]
PACKAGES = sorted(
    file.relative_to(WORKSPACE)
    for top in ("apps", "libs")
    for file in (WORKSPACE / top).glob("*/**/package/crossplane.yaml")
    if "template" not in file.parts
)


def documents(file: pathlib.Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(file.read_text(encoding="utf-8")) if each]


def files(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yield the files of a kustomization and of those it builds on."""
    kustomization = documents(folder / "kustomization.yaml")[0]
    assert kustomization.keys() == {"apiVersion", "kind", "resources"}
    for each in kustomization["resources"]:
        path = (folder / each).resolve()
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def objects(environment: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = [each for file in files(STACK / environment) for each in documents(file)]
    named = {(each["kind"], each["metadata"]["name"]): each for each in found}
    assert len(named) == len(found), "an object is there twice"
    return named


def version(project: str) -> str:
    text = (WORKSPACE / project / "pyproject.toml").read_text(encoding="utf-8")
    return f"v{tomllib.loads(text)['project']['version']}"


def every_internal_dns() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for file in sorted(STACK.glob("**/*.yaml")):
        for each in documents(file):
            if each.get("kind") == "InternalDNS":
                yield str(file.relative_to(STACK)), each


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_has_all_that_an_internal_dns_needs(environment: str) -> None:
    named = objects(environment)

    expected = {
        ("ClusterRole", "crossplane-internal-dns"),
        ("ClusterRole", "internal-dns-sources"),
        ("ClusterRoleBinding", "internal-dns-sources"),
        ("Configuration", "internal-dns"),
        ("DeploymentRuntimeConfig", "function-cdk8s"),
        ("Function", "function-cdk8s-function-internal-dns"),
        ("InternalDNS", "dns"),
        ("Namespace", "internal-dns"),
    }
    assert named.keys() == expected | ({("ImageConfig", "local-registry")} if environment == "local" else set())
    assert named["InternalDNS", "dns"]["metadata"]["namespace"] == "internal-dns"


def test_the_packages_are_those_of_this_commit() -> None:
    named = objects("production")
    configuration = named["Configuration", "internal-dns"]["spec"]["package"]
    function = named["Function", "function-cdk8s-function-internal-dns"]["spec"]["package"]

    released = version("libs/internal-dns-xp")
    assert configuration == f"ghcr.io/function-cdk8s/internal-dns:{released}"
    assert function == f"ghcr.io/function-cdk8s/function-internal-dns:{released}"


@pytest.mark.parametrize("package", PACKAGES, ids=str)
def test_a_package_tells_a_marketplace_of_itself(package: pathlib.PurePath) -> None:
    """By the annotations of https://github.com/crossplane/crossplane/blob/main/design/one-pager-package-annotations.md."""
    annotations = documents(WORKSPACE / package)[0]["metadata"]["annotations"]

    own = {name.removeprefix("meta.crossplane.io/"): value for name, value in annotations.items()}
    icon = base64.b64encode((WORKSPACE / "docs/icon.svg").read_bytes()).decode()
    assert own["iconURI"] == f"data:image/svg+xml;base64,{icon}"
    assert own["license"] == "Apache-2.0"
    assert re.fullmatch(r"The function-cdk8s authors <https://github\.com/.+/issues>", own["maintainer"])
    assert all(own[name] for name in ("description", "friendly-name.meta.crossplane.io", "readme", "source"))


def test_the_function_is_the_one_that_the_configuration_depends_on() -> None:
    package = documents(WORKSPACE / "libs/internal-dns-xp/package/crossplane.yaml")[0]
    composition = documents(WORKSPACE / "libs/internal-dns-xp/package/apis/internaldns/composition.yaml")[0]
    named = objects("production")
    (function,) = [each for (kind, _), each in named.items() if kind == "Function"]

    depended_on = package["spec"]["dependsOn"][0]
    assert function["spec"]["package"] == f"{depended_on['package']}:{depended_on['version']}"
    # Crossplane names a dependency after its repository (v2.3, internal/controller/pkg/resolver).
    assert function["metadata"]["name"] == depended_on["package"].partition("/")[2].replace("/", "-")
    assert function["metadata"]["name"] == composition["spec"]["pipeline"][0]["functionRef"]["name"]
    assert ("DeploymentRuntimeConfig", function["spec"]["runtimeConfigRef"]["name"]) in named


@pytest.mark.parametrize(("where", "manifest"), [pytest.param(*each, id=each[0]) for each in every_internal_dns()])
def test_every_internal_dns_fits_its_schema_but_those_to_be_refused(where: str, manifest: Mapping[str, Any]) -> None:
    spec = {key: value for key, value in manifest["spec"].items() if key != "crossplane"}

    try:
        InternalDnsSpec.model_validate(spec)
        fits = True
    except pydantic.ValidationError:
        fits = False

    assert fits != where.startswith("e2e/80-refusal/")


def test_the_runtime_needs_nothing_that_a_restricted_namespace_forbids() -> None:
    runtime = objects("production")["DeploymentRuntimeConfig", "function-cdk8s"]
    pod = runtime["spec"]["deploymentTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    # Crossplane's own name for the container of a package (v2.3, internal/controller/pkg/runtime).
    assert container["name"] == "package-runtime"
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_the_runtime_has_as_many_workers_as_its_memory_is_for() -> None:
    """A limit of memory and no number of workers is a pod that ends on a node with many processors."""
    runtime = objects("production")["DeploymentRuntimeConfig", "function-cdk8s"]
    (container,) = runtime["spec"]["deploymentTemplate"]["spec"]["template"]["spec"]["containers"]
    variables = [option.envvar for option in serve.command.params if isinstance(option, click.Option)]

    assert container["env"] == [{"name": "WORKERS", "value": "2"}]
    assert "WORKERS" in variables
    assert container["resources"]["limits"] == {"memory": "768Mi"}


def test_the_runtime_is_probed_where_the_function_answers() -> None:
    runtime = objects("production")["DeploymentRuntimeConfig", "function-cdk8s"]
    (container,) = runtime["spec"]["deploymentTemplate"]["spec"]["template"]["spec"]["containers"]

    # Crossplane's own name for port 8080 of a package (v2.3, internal/controller/pkg/runtime/runtime.go).
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("readiness", "liveness")]
    assert probes == [{"path": "/readyz", "port": "metrics"}, {"path": "/livez", "port": "metrics"}]
    (address,) = [option.default for option in serve.command.params if option.name == "metrics_address"]
    assert address == ":8080"
