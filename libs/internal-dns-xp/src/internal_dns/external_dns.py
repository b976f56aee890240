"""external-dns: its arguments and its container.

With external-dns' defaults one bad ingress can stop the sync of all others. These
arguments prevent that:

- Only A and AAAA records. A host name in a load balancer's status makes no CNAME.
  A CNAME to a `ts.net` name would not resolve through split DNS, PowerDNS would
  refuse two of them at one name, and one never replaces an A record.
- Ownership records are at `edns-a.<host>`, with a label of their own. A prefix
  inside the host's first label would not fit beside 63 letters and could not be
  at the domain itself. The name is without the `*` of a wildcard, which PowerDNS
  accepts only at the start of a name.
- Nothing of an object with the annotation `set-identifier`. PowerDNS stores no
  identifiers: external-dns would not find its own record again, and would make and
  delete it in turns.
- The annotation prefix is given by name, as v0.22 changed its default and has no
  fallback.

A hostname annotation can still hold anything. The sidecar isolates what PowerDNS
refuses of it.
"""

from collections.abc import Iterator

from cdk8s_function import Json

from internal_dns import layout
from internal_dns.api.spec import InternalDnsSpec
from internal_dns.pod import ownership
from internal_dns.powerdns import restricted

ANNOTATION_PREFIX = "external-dns.alpha.kubernetes.io/"
"""The prefix up to v0.21, kept for later versions too."""

_OWNERSHIP = f"{ownership.OWNER_PREFIX}%{{record_type}}."


def owner(*, name: str, namespace: str | None) -> str:
    """Return the owner that external-dns writes into the ownership records of an InternalDNS.

    This is not the object's uid: an object that is restored from a backup has a new
    uid, and must own its records again.
    """
    return f"internal-dns.{namespace or ''}.{name}"


def arguments(spec: InternalDnsSpec, *, owner: str) -> list[str]:
    """Return external-dns' arguments.

    Args:
        spec: The spec.
        owner: Owner of the records, as `owner` returns it.
    """
    return list(_arguments(spec, owner))


def _arguments(spec: InternalDnsSpec, owner: str) -> Iterator[str]:
    for source in spec.sources:
        yield f"--source={source}"
        yield from source.arguments
    for namespace in spec.namespaces:
        yield f"--namespace={namespace}"
    for ingress_class in spec.ingress_classes:
        yield f"--ingress-class={ingress_class}"
    if spec.label_selector:
        yield f"--label-filter={spec.label_selector}"
    yield f"--annotation-prefix={ANNOTATION_PREFIX}"
    yield f"--annotation-filter=!{ANNOTATION_PREFIX}set-identifier"
    if spec.targets.default:
        yield from (f"--default-targets={target}" for target in spec.targets.default)
        yield "--force-default-targets"
    yield "--managed-record-types=A"
    yield "--managed-record-types=AAAA"
    yield "--provider=pdns"
    yield f"--pdns-server=http://127.0.0.1:{layout.RELAY_PORT}"
    yield f"--domain-filter={spec.domain}"
    yield "--policy=sync"
    yield "--registry=txt"
    yield f"--txt-owner-id={owner}"
    yield f"--txt-prefix={_OWNERSHIP}"
    yield f"--txt-wildcard-replacement={ownership.OWNER_WILDCARD}"
    yield f"--min-ttl={spec.ttl}s"
    yield "--events"
    yield f"--interval={spec.sync_interval}"
    yield f"--metrics-address=:{layout.EXTERNAL_DNS_PORT}"
    yield "--log-format=json"


def container(spec: InternalDnsSpec, *, image: str, owner: str, secret: str) -> Json:
    """Return external-dns' container.

    Args:
        spec: The spec.
        image: Its image.
        owner: Owner of the records, as `owner` returns it.
        secret: Name of the Secret with the API key.
    """
    return {
        "name": "external-dns",
        "image": image,
        "args": arguments(spec, owner=owner),
        "env": [
            {
                "name": "EXTERNAL_DNS_PDNS_API_KEY",
                "valueFrom": {"secretKeyRef": {"name": secret, "key": "api-key"}},
            }
        ],
        "ports": [{"name": "external-dns", "containerPort": layout.EXTERNAL_DNS_PORT, "protocol": "TCP"}],
        "volumeMounts": [
            {"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": True}
        ],
        # The sidecar serves this: external-dns' own /healthz is always 200 (kubernetes-sigs/external-dns#6670).
        "livenessProbe": {
            "httpGet": {"path": "/external-dns", "port": layout.HEALTH_PORT},
            "initialDelaySeconds": 10,
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
        },
        # Ready while what it does reaches clients.
        "readinessProbe": {
            "httpGet": {"path": "/fresh", "port": layout.HEALTH_PORT},
            "periodSeconds": 5,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
        },
        # The pod's status then has its last words: that it may not read the sources, for example.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "resources": spec.resources.external_dns.model_dump(),
        "securityContext": {
            **restricted(),
            "runAsUser": layout.EXTERNAL_DNS_USER,
            "runAsGroup": layout.EXTERNAL_DNS_USER,
        },
    }
