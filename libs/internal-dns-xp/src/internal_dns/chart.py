"""The chart: from an InternalDNS to the objects of a DNS server.

    Service ─▶ Deployment: PowerDNS ◀─ sidecar ◀─ external-dns ─▶ API server
                             │           ▲
                PersistentVolumeClaim   ConfigMap of static records

Each replica has a Service, a claim and a Deployment of its own; the other objects
are shared.

A construct's id is its object's identity: Crossplane keeps the object as long as
the id stays. The object's name comes from the id and a hash of the XR's namespace
and name, so two InternalDNS objects share nothing.
"""

import base64
from collections.abc import Mapping
from typing import ClassVar

from cdk8s import Chart
from cdk8s_function import Composite, CompositeType, Json, Manifest, PrinterColumn
from constructs import Construct

from internal_dns import (
    access,
    deployment,
    disruption_budget,
    external_dns,
    image_references,
    network_policy,
    powerdns,
    readiness,
    record_sets,
    replica,
    report,
    rollout,
    service,
    sidecar,
    storage,
)
from internal_dns.api.spec import InternalDnsSpec
from internal_dns.api.status import InternalDnsStatus


class InternalDns(Chart):
    """A DNS server for the hosts of a cluster's ingresses."""

    composite_type: ClassVar[CompositeType[InternalDnsSpec]] = CompositeType(
        group="dns.internal",
        version="v1alpha1",
        kind="InternalDNS",
        description="A DNS server for one internal domain. It answers for the hosts of ingresses, also to a tailnet.",
        plural="internaldns",
        spec=InternalDnsSpec,
        status=InternalDnsStatus,
        short_names=["idns"],
        categories=["crossplane", "dns"],
        printer_columns=[
            PrinterColumn(
                name="DOMAIN",
                type="string",
                json_path=".spec.domain",
                description="Domain that the server answers for.",
            ),
            PrinterColumn(
                name="NAMESERVER",
                type="string",
                json_path=".status.nameserverIP",
                description="Address to send queries to.",
            ),
            PrinterColumn(
                name="RECORDS",
                type="string",
                json_path='.status.conditions[?(@.type=="Serving")].reason',
                description="Synced if the zone has the records of the sources, else why that is not known.",
            ),
            PrinterColumn(
                name="FRESH",
                type="string",
                json_path='.status.conditions[?(@.type=="Fresh")].status',
                description="Whether changes reach clients.",
                priority=1,
            ),
            PrinterColumn(
                name="TAILNET",
                type="string",
                json_path=".status.tailnetName",
                description="Name of the server in the tailnet.",
                priority=1,
            ),
        ],
    )

    def __init__(self, scope: Construct, id: str, composite: Composite[InternalDnsSpec]) -> None:  # constructs' name.
        """Compose the server's objects."""
        super().__init__(scope, id)
        self._composite = composite
        self._replicas = replica.of(composite.name, composite.spec.replicas)
        self._readiness = readiness.of_each(composite, self._replicas)
        self._selector = replica.selector(composite.name)
        spec = composite.spec
        services = [composite.observed.get(each.key("service")) for each in self._replicas]
        addresses = [report.addresses(spec, each, of) for each, of in zip(self._replicas, services, strict=True)]
        for each, observed in zip(self._replicas, services, strict=True):
            manifest = service.manifest(spec.service, spec.tailscale, replica=each, observed=observed)
            self._add(each.key("service"), manifest, of=each)
        if spec.network_policy.enabled:
            self._add("network-policy", network_policy.manifest(spec.network_policy, selector=self._selector))
        if spec.replicas > 1:
            self._add("disruption-budget", disruption_budget.manifest(selector=self._selector))
        self._add_account()
        self._add_deployments(record_sets.document(spec, addresses=report.of_nameserver(spec, addresses)))
        report.tell(composite, addresses, self._readiness)

    def _add_account(self) -> None:
        composite = self._composite
        account = access.account_name(composite.name)
        self._add("account", access.account(account))
        if access.is_local(composite.spec, composite.namespace):
            role = self._add("role", access.role(composite.spec.sources))
            self._add("role-binding", access.binding(account=account, role=role.name, namespace=composite.namespace))

    def _add_deployments(self, records: str) -> None:
        composite, spec = self._composite, self._composite.spec
        settings = {
            "pdns.conf": powerdns.settings(spec.ttl),
            "sidecar.json": sidecar.settings(domain=spec.domain, owner=self._owner, sync_seconds=spec.sync_seconds),
        }
        key = composite.generate_once("secret", "api-key", powerdns.make_key)
        secrets = {"api-key": key, "api.conf": f"api-key={powerdns.hashed(key)}\n"}
        claims = [self._add_claim(each) for each in self._replicas]
        shared = deployment.Shared(
            settings=self._add("settings", _config_map(settings)).name,
            programs=self._add("programs", _config_map(sidecar.programs())).name,
            records=self._add("records", _config_map({"records.json": records})).name,
            secret=self._add("secret", _secret(secrets)).name,
        )
        # Without the static records: the sidecar reads them again, so a new record needs no new pod.
        settings_hash = deployment.settings_hash(settings, sidecar.programs(), secrets)
        manifests = [
            deployment.manifest(
                labels=each.labels,
                spread_over=self._selector,
                settings_hash=settings_hash,
                account=access.account_name(composite.name),
                claim=claim,
                shared=shared,
                containers=self._containers(shared.secret, claim),
                pull_secrets=spec.images.pull_secrets,
            )
            for each, claim in zip(self._replicas, claims, strict=True)
        ]
        ids = [each.key("deployment") for each in self._replicas]
        observed = [composite.observed.get(id) for id in ids]
        answers = [each.is_serving for each in self._readiness]
        turns = rollout.in_turn(manifests, observed, answers)
        if any(map(rollout.is_waiting, turns)):
            composite.set_ttl(rollout.WAITING_SECONDS)
        for each, id, manifest in zip(self._replicas, ids, turns, strict=True):
            self._add(id, manifest, of=each)

    def _add_claim(self, of: replica.Replica) -> str:
        id = of.key("data")
        return self._add(id, storage.claim(self._composite.spec, self._composite.observed.get(id)), of=of).name

    @property
    def _owner(self) -> str:
        return external_dns.owner(name=self._composite.name, namespace=self._composite.namespace)

    def _containers(self, secret: str, claim: str) -> list[Json]:
        spec = self._composite.spec
        image = image_references.powerdns(spec.images, spec.powerdns_version)
        external_dns_image = image_references.external_dns(spec.images, spec.external_dns_version)
        return [
            powerdns.container(spec, image=image),
            sidecar.container(spec, image=image, claim=claim),
            external_dns.container(spec, image=external_dns_image, owner=self._owner, secret=secret),
        ]

    def _add(self, id: str, manifest: Json, *, of: replica.Replica | None = None) -> Manifest:  # constructs' name.
        """Add an object of a replica; a shared one has the labels of the first."""
        labels = dict((of or self._replicas[0]).labels)
        return Manifest(self, id, {**manifest, "metadata": {**manifest.get("metadata", {}), "labels": labels}})


def _config_map(data: Mapping[str, str]) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "data": dict(data)}


def _secret(data: Mapping[str, str]) -> Json:
    encoded = {name: base64.b64encode(content.encode()).decode() for name, content in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": encoded}
