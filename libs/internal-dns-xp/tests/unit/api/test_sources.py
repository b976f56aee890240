"""The table of sources, and what follows it: the manifests of `access/` and the documentation."""

import pathlib
import re
from typing import Any

import pytest
import yaml
from internal_dns.api import sources
from internal_dns.api.sources import Source

PROJECT = pathlib.Path(__file__).parents[3]
ACCESS = PROJECT / "access"


def cluster_rules(file: str) -> list[dict[str, Any]]:
    documents = yaml.safe_load_all((ACCESS / file).read_text(encoding="utf-8"))
    [role] = [each for each in documents if each["kind"] == "ClusterRole"]
    return role["rules"]


@pytest.mark.parametrize("source", Source)
def test_the_manifest_of_a_source_grants_what_external_dns_reads_for_it(source: Source) -> None:
    assert cluster_rules(source.manifest) == sources.rules([source])


def test_crossplane_has_what_the_charts_roles_grant_as_rbac_lets_no_one_grant_more() -> None:
    for rule in sources.rules(source for source in Source if source.is_namespaced):
        assert rule in cluster_rules("crossplane.yaml")


def test_all_but_gateways_are_namespaced_as_the_namespaces_of_those_have_labels() -> None:
    namespaced = {source: source.is_namespaced for source in Source}
    assert namespaced == {"ingress": True, "service": True, "gateway-httproute": False}


def row(source: Source) -> str:
    def code(names: list[str]) -> str:
        return ", ".join(f"`{name}`" for name in names)

    reads = code([name for each in source.reads for name in each.names])
    cells = (f"`{source}`", source.objects, reads, f"`access/{source.manifest}`")
    return "| " + " | ".join(cells) + " |"


def test_the_documentation_has_the_table() -> None:
    page = (PROJECT / "docs/data-model.md").read_text(encoding="utf-8")
    _, _, section = page.partition("\n## Sources\n")
    shown = re.findall(r"^\| `.*\|$", section.partition("\n## ")[0], re.MULTILINE)
    assert [re.sub(r" +", " ", each) for each in shown] == [re.sub(r" +", " ", row(source)) for source in Source]
    granted = re.findall(r"`spec.sources` has only `(.+)` and `(.+)`\.", section)
    assert granted == [tuple(str(each) for each in Source if each.is_namespaced)]
    assert re.findall(r"`(.+)` also needs the CRDs", section) == [str(each) for each in Source if each.definitions]
