"""What Argo CD and Flux are told fits their definitions, names what is there, and tells a healthy XR from others."""

import functools
import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import cel
import jsonschema
import lupa
import pytest
import yaml
from cdk8s_function.object_schemas import catalog, checks
from monitoring import STACK, WORKSPACE

DEFINITIONS = WORKSPACE / "third_party/crds"
GITOPS = STACK / "gitops"
MANIFESTS = sorted(
    {
        *STACK.glob("base/*.yaml"),
        *STACK.glob("gitops/**/*.yaml"),
        *STACK.glob("local/*.yaml"),
        *STACK.glob("monitoring/*.yaml"),
        *STACK.glob("production/**/*.yaml"),
    }
)


def documents(file: pathlib.Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(file.read_text(encoding="utf-8")) if each]


def one(path: str) -> dict[str, Any]:
    (document,) = documents(GITOPS / path)
    return document


@functools.cache
def known() -> catalog.Catalog:
    """The kinds of Kubernetes, of the package's own API, and of what Argo CD, Flux and others define."""
    found = catalog.Catalog()
    found.add([each for file in DEFINITIONS.glob("*.yaml") for each in documents(file)])
    found.add(documents(WORKSPACE / "libs/internal-dns-xp/package/apis/internaldns/definition.yaml"))
    return found


def manifests() -> Iterator[Any]:
    for file in MANIFESTS:
        for manifest in documents(file):
            # kustomize reads these itself, and refuses what it does not know: slow/test_kustomize.py.
            if manifest["apiVersion"] != "kustomize.config.k8s.io/v1beta1":
                name = f"{file.relative_to(STACK)}:{manifest['kind']}/{manifest['metadata']['name']}"
                yield pytest.param(manifest, id=name)


def faults(manifest: Mapping[str, Any]) -> list[str]:
    """Return what an API server would not take of an object: by the product's own check, and by JSON schema."""
    if manifest["kind"] == "DeploymentRuntimeConfig":
        # Its definition repeats Kubernetes' Deployment.
        template = manifest["spec"]["deploymentTemplate"]
        manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "runtime"}, **template}
    checked = checks.check({"manifest": manifest}, known())
    found = [*checked.faults, *checked.unchecked.values()]
    definition = known().find(manifest)
    if definition and "." in manifest["apiVersion"]:
        own = {name: each for name, each in definition.root["properties"].items() if name != "metadata"}
        schema = {**definition.root, "properties": own}
        validator: Any = jsonschema.Draft4Validator(schema)
        found += [error.message for error in validator.iter_errors(manifest)]
    return found


@pytest.mark.parametrize("manifest", list(manifests()))
def test_a_manifest_fits_the_definition_of_its_kind(manifest: Mapping[str, Any]) -> None:
    assert faults(manifest) == []


@pytest.mark.parametrize(
    ("path", "change", "found"),
    [
        ("argocd/application.yaml", {"project": 1}, "spec.project"),
        ("argocd/application.yaml", {"syncPolice": {}}, "syncPolice"),
        ("flux/packages.yaml", {"interval": "often"}, "'often' does not match"),
        ("flux/packages.yaml", {"sourceRef": {"kind": "Git", "name": "a"}}, "Git"),
        ("flux/source.yaml", {"url": "example.org"}, "'example.org' does not match"),
    ],
)
def test_a_manifest_that_does_not_fit_is_found(path: str, change: Mapping[str, Any], found: str) -> None:
    manifest = one(path)

    assert any(found in line for line in faults({**manifest, "spec": {**manifest["spec"], **change}}))


def test_what_the_page_shows_fits_the_definition_of_its_kind() -> None:
    text = (STACK / "README.md").read_text(encoding="utf-8")
    shown = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]

    assert [each["kind"] for each in shown] == ["ImageConfig"]
    assert [faults(each) for each in shown] == [[]]


def test_argo_cd_begins_with_what_others_wait_for() -> None:
    patches = one("argocd/kustomization.yaml")["patches"]
    added = {each["target"]["kind"]: yaml.safe_load(each["patch"])[0]["value"] for each in patches}
    waves = {kind: int(each["argocd.argoproj.io/sync-wave"]) for kind, each in added.items()}

    assert waves == {"Function": 1, "Configuration": 2, "InternalDNS": 3}
    assert added["InternalDNS"]["argocd.argoproj.io/sync-options"] == "SkipDryRunOnMissingResource=true"


def test_what_is_named_is_there() -> None:
    application = one("argocd/application.yaml")["spec"]
    packages, zone = one("flux/packages.yaml"), one("flux/internal-dns.yaml")
    source = one("flux/source.yaml")
    places = [application["source"]["path"], packages["spec"]["path"], zone["spec"]["path"]]
    installed = [each for file in (STACK / "base").glob("*.yaml") for each in documents(file)]
    names = {(each.get("kind"), each.get("metadata", {}).get("name")) for each in installed}

    assert all((WORKSPACE / place / "kustomization.yaml").is_file() for place in places)
    assert {(each["kind"], each["name"]) for each in packages["spec"]["healthChecks"]} <= names
    assert zone["spec"]["dependsOn"] == [{"name": packages["metadata"]["name"]}]
    assert all(each["spec"]["sourceRef"]["name"] == source["metadata"]["name"] for each in (packages, zone))
    assert application["source"]["targetRevision"] == source["spec"]["ref"]["tag"]


def condition(type_: str, status: str, *, generation: int = 2, message: str = "") -> dict[str, Any]:
    return {"type": type_, "status": status, "observedGeneration": generation, "message": message}


SYNCED, READY = condition("Synced", "True"), condition("Ready", "True")
REFUSED = condition("Synced", "False", message="cannot compose: spec.domain: wrong")
CREATING = condition("Ready", "False", message="Unready resources: deployment")

XRS: list[tuple[list[dict[str, Any]], str, str]] = [
    ([], "Progressing", "in progress"),
    ([SYNCED, CREATING], "Progressing", "in progress"),
    ([SYNCED, READY], "Healthy", "current"),
    ([READY, SYNCED], "Healthy", "current"),
    ([REFUSED, READY], "Degraded", "failed"),
    ([READY, REFUSED], "Degraded", "failed"),
]
"""Conditions of an XR, and what Argo CD and Flux make of them."""


@pytest.mark.parametrize(("conditions", "status", "_"), XRS)
def test_argo_cd_tells_a_healthy_xr(conditions: list[Any], status: str, _: str) -> None:
    health = argo_health({"metadata": {"generation": 2}, "status": {"conditions": conditions}})

    assert health["status"] == status
    if status == "Degraded":
        assert health["message"] == REFUSED["message"]


def test_argo_cd_waits_for_an_xr_that_has_just_been_made_or_changed() -> None:
    old = [condition("Synced", "True", generation=1), condition("Ready", "True", generation=1)]

    assert argo_health({"metadata": {"generation": 1}})["status"] == "Progressing"
    assert argo_health({"metadata": {"generation": 2}, "status": {"conditions": old}})["status"] == "Progressing"


def argo_health(xr: Mapping[str, Any]) -> Any:
    kind = "resource.customizations.health.dns.internal_InternalDNS"
    lua = lupa.LuaRuntime(unpack_returned_tuples=True)
    lua.globals()["obj"] = lua.table_from(xr, recursive=True)
    return lua.execute(one("argocd/health.yaml")["data"][kind])


@pytest.mark.parametrize(("conditions", "_", "status"), XRS)
def test_flux_tells_a_healthy_xr(conditions: list[Any], _: str, status: str) -> None:
    (expressions,) = one("flux/internal-dns.yaml")["spec"]["healthCheckExprs"]

    assert flux_health(expressions, conditions) == status


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ([], "in progress"),
        ([condition("Installed", "True")], "in progress"),
        ([condition("Installed", "True"), condition("Healthy", "False")], "in progress"),
        ([condition("Installed", "True"), condition("Healthy", "True")], "current"),
    ],
)
def test_flux_tells_a_healthy_package(conditions: list[Any], status: str) -> None:
    expressions = one("flux/packages.yaml")["spec"]["healthCheckExprs"]

    assert [each["kind"] for each in expressions] == ["Function", "Configuration"]
    assert [flux_health(each, conditions) for each in expressions] == [status, status]


def flux_health(expressions: Mapping[str, str], conditions: list[Any]) -> str:
    """Evaluate in the order of https://github.com/fluxcd/flux2/tree/main/rfcs/0009-custom-health-checks."""
    variables = {"status": {"conditions": conditions} if conditions else {}, "metadata": {"generation": 2}}
    for name in ("failed", "current"):
        if name in expressions and cel.evaluate(expressions[name], variables):
            return name
    return "in progress"


def test_each_schema_says_where_it_is_from() -> None:
    lines = (DEFINITIONS / "sources.txt").read_text(encoding="utf-8").splitlines()
    sources = sorted(line for line in lines if not line.startswith("#"))
    heads = [file.read_text(encoding="utf-8").splitlines()[:2] for file in DEFINITIONS.glob("*.yaml")]

    assert sorted(first.removeprefix("# ") for first, _ in heads) == sources
    assert all(re.fullmatch("# sha256:[0-9a-f]{64}", second) for _, second in heads)
