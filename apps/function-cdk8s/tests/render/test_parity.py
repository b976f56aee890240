"""`function-cdk8s render` prints what `crossplane composition render` prints, byte for byte.

Crossplane's own command runs its real reconciler against the served function;
ours runs alone. Each case gives both the same files and options.
"""

import contextlib
import dataclasses
import datetime
import difflib
import json
import pathlib
import re
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Serve = Callable[..., contextlib.AbstractContextManager[tuple[subprocess.Popen[str], int]]]

ROOT = pathlib.Path(__file__).parents[4]
SECONDS = 120
NOW = re.compile(rf"{datetime.datetime.now(datetime.UTC):%Y-%m}-[0-9]{{2}}T[0-9:]{{8}}Z")
KEY = "crossplane.io/composition-resource-name"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """One render.

    Attributes:
        reason: What has to be the same, as a sentence.
        xr: The XR.
        steps: The pipeline; one step with the chart that is named like the XR's kind, if not given.
        composition: More fields of the Composition's metadata and spec.
        files: More files, by name.
        arguments: Options, with names of files.
        unordered: Whether Crossplane prints some documents in random order.
    """

    reason: str
    xr: str
    steps: list[dict[str, Any]] = dataclasses.field(default_factory=list[dict[str, Any]])
    files: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    arguments: tuple[str, ...] = ()
    unordered: bool = False


def step(chart: str, name: str = "compose", **more: Any) -> dict[str, Any]:
    """Return a step of function-cdk8s; keywords not of a step are of its input."""
    own = {key: more.pop(key) for key in ("credentials", "requirements") if key in more}
    return {
        "step": name,
        "functionRef": {"name": "function-cdk8s"},
        "input": {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": chart, **more},
        **own,
    }


def web(spec: str = "{image: example.org/shop:1, replicas: 2, host: shop.example.org}", metadata: str = "") -> str:
    return (
        "apiVersion: example.org/v1alpha1\nkind: WebService\n"
        f"metadata: {{name: shop, namespace: team-a, {metadata}}}\nspec: {spec}\n"
    )


def fixture(kind: str, spec: str = "{token: abc}", metadata: str = "") -> str:
    return (
        f"apiVersion: fixtures.example.org/v1\nkind: {kind}\n"
        f"metadata: {{name: one, namespace: team-a, {metadata}}}\nspec: {spec}\n"
    )


def echo(spec: str, metadata: str = "namespace: team-a", more: str = "") -> str:
    return f"apiVersion: echo.example.org/v1\nkind: Echo\nmetadata: {{name: one, {metadata}}}\nspec: {spec}\n{more}"


def observed(key: str, name: str, kind: str = "apps/v1 Deployment", metadata: str = "", more: str = "") -> str:
    api_version, _, kind = kind.partition(" ")
    return (
        f"---\napiVersion: {api_version}\nkind: {kind}\n"
        f"metadata: {{name: {name}, namespace: team-a, annotations: {{{KEY}: {key}}}, {metadata}}}\n{more}"
    )


ECHO = [step("echo")]
WEB = [step("web-service")]
PAIR = (
    "{objects: {a: {apiVersion: apps/v1, kind: Deployment, metadata: {name: kept}},"
    " b: {apiVersion: v1, kind: Service, metadata: {name: other}}}}"
)
AVAILABLE = "status: {observedGeneration: 1, updatedReplicas: 2, availableReplicas: 2}\n"
TALKING_FILES = {
    "required.yaml": (
        "apiVersion: v1\nkind: Node\nmetadata: {name: b, labels: {role: worker}}\n"
        "---\napiVersion: v1\nkind: Node\nmetadata: {name: a, labels: {role: worker, zone: '1'}}\n"
        "---\napiVersion: v1\nkind: Node\nmetadata: {name: c, labels: {role: control-plane}}\n"
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: zone, namespace: kube-system}\ndata: {zone: '0x1'}\n"
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: zone, namespace: other}\n"
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: boot, namespace: kube-system}\ndata: {boot: 'yes'}\n"
    ),
    "credentials.yaml": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: cloud, namespace: crossplane-system}\n"
        "data: {user: bWU=, password: c2VjcmV0}\n"
    ),
    "schemas/api__v1.json": json.dumps(
        {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": "v1"},
            "paths": {},
            "components": {
                "schemas": {
                    "v1.Pod": {
                        "type": "object",
                        "description": "a pod",
                        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Pod"}],
                        "properties": {
                            "spec": {"allOf": [{"$ref": "#/components/schemas/v1.Spec"}], "default": {}},
                            "list": {"type": "array", "items": {"$ref": "#/components/schemas/v1.Spec"}},
                        },
                    },
                    "v1.Spec": {
                        "type": "object",
                        "properties": {
                            "count": {"type": "integer", "format": "int32", "default": 3},
                            "inner": {"$ref": "#/components/schemas/v1.Spec"},
                        },
                    },
                }
            },
        }
    ),
    "context.yaml": "a: [1, 2.5, 0x10, 'yes', yes]\nb: {c: null}\n",
}
TALKING_STEP = step(
    "talking",
    credentials=[
        {"name": "cloud", "source": "Secret", "secretRef": {"namespace": "crossplane-system", "name": "cloud"}},
        {"name": "none", "source": "None"},
    ],
    requirements={
        "requiredResources": [
            {
                "requirementName": "by-step",
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "namespace": "kube-system",
                "name": "boot",
            }
        ]
    },
)
TALKING_ARGUMENTS = (
    "--required-resources=required.yaml",
    "--function-credentials=credentials.yaml",
    "--required-schemas=schemas",
    "--context-files=from-file=context.yaml",
    '--context-values=from-value={"x": 1e3};other=text',
    "--include-function-results",
    "--include-context",
)
XRD = """
apiVersion: apiextensions.crossplane.io/v2
kind: CompositeResourceDefinition
metadata: {name: echoes.echo.example.org}
spec:
  scope: Namespaced
  group: echo.example.org
  names: {kind: Echo, plural: echoes}
  defaultCompositionUpdatePolicy: Manual
  versions:
    - name: v1
      served: true
      referenceable: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                status:
                  type: object
                  default: {size: 5}
                  properties:
                    size: {type: integer, default: 7}
                    ratio: {type: number, default: 0.25}
                    name: {type: string, default: "yes"}
                    maybe: {type: string, nullable: true, default: x}
                    items:
                      type: array
                      items: {type: object, properties: {on: {type: boolean, default: true}}}
                    table:
                      type: object
                      additionalProperties: {type: object, properties: {deep: {type: string, default: d}}}
                objects: {type: object, x-kubernetes-preserve-unknown-fields: true}
                chatter: {type: string, default: ""}
"""
WEIRD_TEXTS = """
plain: [yes, no, on, off, y, n, ~, null, true, 1e3, 0x1, 0o17, 017, 1_000, 0b11, 1:20, .5, 1., +1, -0, =]
quoted: ["yes", "no", "on", "y", "~", "null", "true", "1e3", "0x1", "0o17", "017", "1_000", "0b11", "1:20", ".5", "="]
more: ["2024-01-01", "2024-01-01T00:00:00Z", "12:30:45", "- a", "a: b", "a #b", "#", "&a", "*a", "!a", "%", "@", "`"]
edges: ["", " ", " a", "a ", "'", '"', "a'b", 'a"b', "\\\\", "a\\tb", "---", "...", "-", "?", ":", "{}", "[]", "<<"]
unicode: ["héllo", "漢字", "😀", "\\u00a0", "\\u2028", "a\\u2029b", "\\ufeffa", "\\u0007", "\\e"]
long: >-
  a long text of many words that goes well past eighty columns, so that it is broken where a single space stands and
  nowhere else; a URL like https://example.org/an/endless/path/that/has/no/space/in/it/at/all/and/goes/on/and/on stays
"long 'quoted'": >-
  it's a long text that needs quotes because of its colon: it is broken too, and its quotes are doubled; it's done
"long \\"double\\"": "a tab\\there and a long text that has to be in double quotes and is broken in its own way as well"
lines: |
  first
    second

  third
"lines 2": |-
  no end
"lines 3": |+
  two ends

"lines 4": "  leading\\nspace"
"lines 5": "trailing \\nspace"
"lines 6": "tab\\there\\n"
numbers: [0, -1, 1.5, 1e21, 1e20, 123456789012345678, 9007199254740993, 0.1, 1e-7, 1234567.5, 100000.5, -0.0, 3.0]
"key\\nof lines": 1
"a very long key that is longer than one hundred and twenty-eight characters and therefore has to be written with a \
question mark": [x]
order: {b10: 1, b9: 2, B: 3, a: 4, "1": 5, "10": 6, "9": 7, a-b: 8, a.b: 9, ab: 10, "": 11, é: 12}
empty: {map: {}, list: [], nested: [[], [[]], {}, [{}]]}
nested: [[1, [2, 3]], {a: [{b: [c]}]}]
"""


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by if line.strip() else ''}{line}" for line in text.splitlines(keepends=True))


CASES = [
    Case(reason="a chart's objects, the XR's references, status and conditions", xr=web(), steps=WEB),
    Case(reason="an XR without labels of its own and nothing optional", xr=web("{image: a}"), steps=WEB),
    *(
        Case(
            reason=f"{field} that is null",
            xr="apiVersion: echo.example.org/v1\nkind: Echo\n"
            f"metadata: {{name: one, namespace: team-a{metadata}}}\n{xr}",
            steps=ECHO,
            arguments=("-r", *arguments),
        )
        for field, metadata, xr, *arguments in (
            ("a spec", "", "spec: null\n"),
            ("a spec, printed whole,", "", "spec: null\n", "-x"),
            ("spec.crossplane", "", "spec: {crossplane: null}\n"),
            ("spec.crossplane, printed whole,", "", "spec: {crossplane: null}\n", "-x"),
            ("spec.crossplane.resourceRefs", "", "spec: {crossplane: {resourceRefs: null, compositionRef: null}}\n"),
            ("a status", "", "spec: {}\nstatus: null\n"),
            ("a status, printed whole,", "", "spec: {}\nstatus: null\n", "-x"),
            ("status.conditions", "", "spec: {}\nstatus: {conditions: null}\n"),
            ("a map of labels", ", labels: null, annotations: null", "spec: {}\n"),
        )
    ),
    Case(
        reason="a generation is the observed generation of the first condition",
        xr=web(metadata="generation: 7"),
        steps=WEB,
    ),
    Case(
        reason="the XR's own uid, and the name its label gives",
        xr=web(metadata="uid: 7b1c, labels: {crossplane.io/composite: other}"),
        steps=WEB,
    ),
    Case(
        reason="a claim's labels go to what its XR composes",
        xr=web(metadata="labels: {crossplane.io/claim-name: c, crossplane.io/claim-namespace: ns}"),
        steps=WEB,
    ),
    Case(
        reason="half of a claim's labels go nowhere",
        xr=web(metadata="labels: {crossplane.io/claim-name: c}"),
        steps=WEB,
    ),
    Case(
        reason="observed resources keep their names, and are ready by their kind",
        xr=echo(PAIR),
        steps=ECHO,
        files={
            "observed.yaml": observed("a", "kept", metadata="generateName: kept-", more=AVAILABLE)
            + observed("gone", "gone", "v1 ConfigMap"),
        },
        arguments=("-o", "observed.yaml", "-r"),
        unordered=True,
    ),
    Case(
        reason="all observed resources are ready, and so is the XR",
        xr=echo(PAIR),
        steps=ECHO,
        files={
            "observed/2.yml": observed("a", "kept", more="spec: {replicas: 1}\n" + AVAILABLE),
            "observed/1.yaml": observed("b", "other", "v1 Service"),
            "observed/ignored.txt": "{",
        },
        arguments=("--observed-resources=observed", "--include-function-results"),
    ),
    Case(
        reason="references the XR has already are looked up among the required resources",
        xr=echo(
            "{crossplane: {resourceRefs: [{apiVersion: v1, kind: Service, name: other},"
            " {apiVersion: v1, kind: Service, name: gone}, {apiVersion: v1, kind: Service}]}, " + PAIR[1:]
        ),
        steps=ECHO,
        files={"required.yaml": observed("b", "other", "v1 Service")},
        arguments=("-e", "required.yaml"),
    ),
    Case(
        reason="an observed resource may name the XR as its controller",
        xr=echo(PAIR, "namespace: team-a, uid: u-1"),
        steps=ECHO,
        files={
            "observed.yaml": observed(
                "b",
                "other",
                "v1 Service",
                "ownerReferences: [{apiVersion: a/v1, kind: K, name: owner, uid: u-1, controller: true}]",
            )
        },
        arguments=("-o", "observed.yaml"),
    ),
    Case(
        reason="the whole XR with what changed laid over it",
        xr=web(
            "{image: a, replicas: 3, crossplane: {compositionRef: {name: composed}, compositionUpdatePolicy: Manual}}",
            "labels: {a: b}, annotations: {c: d}, generation: 3",
        )
        + "status: {url: old, availableReplicas: 9, kept: [1, 2.50, 9007199254740993], conditions:"
        " [{type: Ready, status: 'True', reason: Available, lastTransitionTime: '2020-01-01T00:00:00Z', more: x},"
        " {type: Own, status: 'False', reason: Was, lastTransitionTime: '2020-01-01T00:00:00Z', message: m}]}\n",
        steps=WEB,
        arguments=("-x", "-r"),
        unordered=True,
    ),
    Case(
        reason="conditions of the given XR are kept, in their order",
        xr=web("{image: a}") + "status: {conditions: [{type: Synced, status: 'True', reason: ReconcileSuccess,"
        " lastTransitionTime: '2020-01-01T00:00:00Z', observedGeneration: 4},"
        " {type: Own, status: Unknown, reason: R, lastTransitionTime: '2020-01-01T00:00:00Z'}]}\n",
        steps=WEB,
    ),
    Case(
        reason="a paused XR is not composed",
        xr=web(metadata="generation: 2, annotations: {crossplane.io/paused: 'true'}"),
        steps=WEB,
        arguments=("-r",),
    ),
    Case(
        reason="an XR that is being deleted is not composed",
        xr=web(metadata="deletionTimestamp: '2024-05-05T05:05:05Z'"),
        steps=WEB,
        arguments=("-r",),
    ),
    Case(
        reason="a request to reconcile is reported",
        xr=web("{image: a}", "annotations: {crossplane.io/reconcile-requested-at: 'now'}"),
        steps=WEB,
        arguments=("-r",),
        unordered=True,
    ),
    Case(reason="more unready resources than a condition names", xr=fixture("Good"), steps=[step("good")]),
    Case(reason="objects of cdk8s-plus", xr=fixture("Plus"), steps=[step("plus")]),
    Case(reason="numbers, true and null in a custom resource", xr=fixture("Custom"), steps=[step("custom")]),
    Case(
        reason="everything a chart can hear and say, through two rounds of requirements",
        xr=fixture("Talking", metadata="labels: {l: 'yes'}, annotations: {a: '0x1'}, generation: 4"),
        steps=[TALKING_STEP],
        files=TALKING_FILES
        | {
            "observed.yaml": observed(
                "renamed",
                "second",
                "v1 ConfigMap",
                more="spec: {writeConnectionSecretToRef: {name: cloud}}\nstatus: {conditions: "
                "[{type: Ready, status: 'False'}]}\n",
            )
        },
        arguments=("-o", "observed.yaml", *TALKING_ARGUMENTS),
        unordered=True,
    ),
    Case(
        reason="requirements that match nothing, no context and no credentials",
        xr=fixture("Talking"),
        steps=[step("talking")],
        arguments=("--include-context",),
    ),
    Case(
        reason="a legacy XR: its machinery under spec, its connection details and claim conditions",
        xr=echo(
            "{listen: true, claim: true, objects: "
            "{a: {apiVersion: v1, kind: Secret, metadata: {name: kept, namespace: x}}}, "
            "writeConnectionSecretToRef: {name: xr, namespace: ns}}",
            "uid: u",
        ),
        steps=ECHO,
        files={
            "xrd.yaml": XRD.replace("apiextensions.crossplane.io/v2", "apiextensions.crossplane.io/v1").replace(
                "  scope: Namespaced\n", ""
            ),
            "secrets.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: xr, namespace: ns}\ndata: {user: bWU=}\n",
            "observed.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: kept, namespace: x, "
            f"annotations: {{{KEY}: a}}}}\n",
        },
        arguments=("--xrd=xrd.yaml", "-e", "secrets.yaml", "-o", "observed.yaml", "-x"),
    ),
    Case(
        reason="a requirement that depends on the result of another",
        xr=echo("{chain: [first, second, third]}"),
        steps=ECHO,
        files={
            "1.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first, namespace: shared}\n",
            "2.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: second, namespace: shared}\ndata: {a: b}\n",
        },
        arguments=("-e", "1.yaml", "--extra-resources=2.yaml"),
    ),
    Case(
        reason="required resources of several files in one option",
        xr=echo("{chain: [first, second]}"),
        steps=ECHO,
        files={
            "1.yaml": "---\n---\n# nothing\n---\n"
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first, namespace: shared}\n",
            "2.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: second, namespace: shared}\ndata: {a: b}\n",
        },
        arguments=("-e", "1.yaml,2.yaml"),
    ),
    Case(
        reason="a cluster-scoped XR composes in namespaces and outside of them",
        xr=echo(
            "{objects: {a: {apiVersion: v1, kind: ConfigMap, metadata: {name: kept, namespace: x}},"
            " b: {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: 'x:y'}},"
            " c: {apiVersion: v1, kind: ConfigMap, metadata: {namespace: w}}}}",
            metadata="",
        ),
        steps=ECHO,
        files={
            "observed.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, namespace: x, "
            f"annotations: {{{KEY}: a}}}}\n"
        },
        arguments=("-o", "observed.yaml"),
    ),
    Case(
        reason="each step gets what the one before it desires, its context and its status",
        xr=echo("{}"),
        steps=[
            step("echo", "first", props={"objects": {"a": {"apiVersion": "v1", "kind": "ConfigMap"}}}),
            step(
                "echo",
                "second",
                props={"objects": {"b": {"apiVersion": "v1", "kind": "ConfigMap"}}, "status": {"x": 1}},
            ),
        ],
        arguments=("-c", "--context-values", "k={a: 1}"),
    ),
    Case(reason="a pipeline without steps", xr=echo("{}"), steps=[], arguments=("-r",)),
    Case(
        reason="owner references of the chart's own",
        xr=echo(
            "{objects: {a: {apiVersion: v1, kind: ConfigMap, metadata: {ownerReferences: [{apiVersion: v1, kind: Node,"
            " name: node-1, uid: x, more: z}], finalizers: [a/b], labels: {z: '1', crossplane.io/composite: mine}}}}}"
        ),
        steps=ECHO,
    ),
    Case(
        reason="defaults of an XRD", xr=echo("{}"), steps=ECHO, files={"xrd.yaml": XRD}, arguments=("--xrd", "xrd.yaml")
    ),
    Case(
        reason="defaults of an XRD beside values, in lists and maps, and where null stands",
        xr=echo(
            "{status: {size: null, ratio: 2, maybe: null, items: [{}, {on: false}, null], "
            "table: {k: {}, l: {deep: x}}}}"
        ),
        steps=ECHO,
        files={"xrd.yaml": XRD},
        arguments=("--xrd=xrd.yaml", "-x"),
    ),
    Case(
        reason="texts that YAML would take for something else, long ones, numbers, keys and their order",
        xr="apiVersion: echo.example.org/v1\nkind: Echo\nmetadata: {name: one, namespace: team-a}\nspec:\n  status:\n"
        + indented(WEIRD_TEXTS, 4)
        + "  objects:\n    weird:\n      apiVersion: example.org/v1\n      kind: Weird\n      spec:\n"
        + indented(WEIRD_TEXTS, 8),
        steps=ECHO,
        arguments=("-x",),
    ),
    Case(
        reason="YAML's own ways to write: anchors, merges, tags, other keys than text, several documents",
        xr="# comment\n---\napiVersion: echo.example.org/v1\nkind: Echo\nmetadata: {name: one, namespace: team-a}\n"
        "spec:\n  status:\n    base: &base {a: 1, b: 2}\n    copy: *base\n    merged: {b: 0, <<: *base, c: 3}\n"
        "    tags: [!!str 1, !!int '2', !!float 3, !other x, !!binary aGk=]\n    1: one\n    yes: two\n    1.5: three\n"
        "    twice: 1\n    twice: 2\n    date: 2024-01-01\n---\nnot: looked at\n",
        steps=ECHO,
    ),
    Case(
        reason="what a chart prints is not in the way",
        xr=echo("{chatter: 'from the chart', objects: {}}"),
        steps=ECHO,
    ),
]

FAULTS = [
    Case(reason="an unknown chart", xr=web(), steps=[step("absent")]),
    Case(reason="an input of the wrong kind", xr=web(), steps=[step("web-service", kind="Other")]),
    Case(reason="an input with a field too many", xr=web(), steps=[step("web-service", chrat="x")]),
    Case(
        reason="no input",
        xr=web(),
        steps=[{"step": "compose", "functionRef": {"name": "crossplane-contrib-function-cdk8s"}}],
    ),
    Case(reason="a spec the chart's model refuses", xr=web("{image: a, replicas: 11, hots: x}"), steps=WEB),
    Case(reason="a chart that raises", xr=fixture("Raising", "{mode: key-error}"), steps=[step("raising")]),
    Case(reason="a chart that exits", xr=fixture("Raising", "{mode: exit}"), steps=[step("raising")]),
    Case(reason="a construct that cdk8s refuses", xr=fixture("Invalid", "{mode: validation}"), steps=[step("invalid")]),
    Case(reason="an object in another namespace than its XR", xr=fixture("Nested"), steps=[step("nested")]),
    Case(reason="two objects under one key", xr=fixture("Duplicate"), steps=[step("duplicate")]),
    Case(reason="a chart without a composite_type", xr=web(), steps=[step("undeclared")]),
    Case(reason="what is no chart", xr=web(), steps=[step("fixed")]),
    Case(reason="an output without a JSON form", xr=fixture("Unserialisable"), steps=[step("unserialisable")]),
    Case(
        reason="a fatal result of a later step",
        xr=echo("{objects: {a: {apiVersion: v1, kind: ConfigMap}}}"),
        steps=[step("echo", "first"), step("echo", "second")],
    ),
    Case(
        reason="an XR without a namespace for its objects",
        xr=echo("{objects: {a: {apiVersion: v1, kind: Pod}}}", ""),
        steps=ECHO,
    ),
    Case(reason="requirements that never settle", xr=echo("{restless: true}"), steps=ECHO),
    Case(
        reason="a credential that is not there",
        xr=web(),
        steps=[
            step(
                "web-service",
                credentials=[{"name": "c", "source": "Secret", "secretRef": {"namespace": "n", "name": "s"}}],
            )
        ],
    ),
    Case(
        reason="an object another one controls",
        xr=echo(
            "{objects: {a: {apiVersion: v1, kind: ConfigMap, metadata: {name: x, ownerReferences: [{apiVersion: v1,"
            " kind: Node, name: node-1, uid: x, controller: true}]}}}}"
        ),
        steps=ECHO,
    ),
    Case(
        reason="a name the colon of which no other kind may have",
        xr=echo("{objects: {a: {apiVersion: v1, kind: ConfigMap, metadata: {name: 'a:b'}}}}"),
        steps=ECHO,
    ),
]


@pytest.fixture(scope="module")
def binaries() -> list[str]:
    found = subprocess.run(
        [ROOT / "bin" / "provision", "crossplane", "crossplane-core"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=1800,
    )
    return found.stdout.splitlines()


@pytest.fixture(scope="module")
def functions(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The file that tells Crossplane where the function is served."""
    with serve("--insecure", "--workers=1") as (_, port):
        file = tmp_path_factory.mktemp("functions") / "functions.yaml"
        file.write_text(
            "".join(
                "---\napiVersion: pkg.crossplane.io/v1\nkind: Function\nmetadata:\n"
                f"  name: {name}\n  annotations:\n    render.crossplane.io/runtime: Development\n"
                f"    render.crossplane.io/runtime-development-target: 127.0.0.1:{port}\n"
                for name in ("function-cdk8s", "crossplane-contrib-function-cdk8s")
            ),
            encoding="utf-8",
        )
        yield str(file)


@dataclasses.dataclass(frozen=True)
class Pair:
    """What two commands came to."""

    theirs: subprocess.CompletedProcess[bytes]
    ours: subprocess.CompletedProcess[bytes]


@pytest.fixture
def render(
    binaries: list[str], functions: str, command: list[str], environment: dict[str, str], tmp_path: pathlib.Path
) -> Callable[[Case], Pair]:
    """Render a case with both commands, at the same time."""
    crossplane, core = binaries

    def rendered(case: Case) -> Pair:
        write(case, tmp_path)
        common = ("xr.yaml", "composition.yaml", functions, f"--crossplane-binary={core}", *case.arguments)
        commands = [
            (crossplane, "composition", "render", *common),
            (*command, "render", *common),
        ]
        running = [
            subprocess.Popen(arguments, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for arguments in commands
        ]
        done: list[subprocess.CompletedProcess[bytes]] = []
        for process in running:
            with process:
                out, err = process.communicate(timeout=SECONDS)
            done.append(subprocess.CompletedProcess(process.args, process.returncode, out, err))
        return Pair(*done)

    return rendered


def write(case: Case, folder: pathlib.Path) -> None:
    api_version, kind = (
        next(line.split(": ")[1] for line in case.xr.splitlines() if line.startswith(f"{field}: "))
        for field in ("apiVersion", "kind")
    )
    composition = {
        "apiVersion": "apiextensions.crossplane.io/v1",
        "kind": "Composition",
        "metadata": {"name": "composed", "labels": {"channel": "stable"}},
        "spec": {
            "compositeTypeRef": {"apiVersion": api_version, "kind": kind},
            "mode": "Pipeline",
            "pipeline": case.steps,
        },
    }
    files = {"xr.yaml": case.xr, "composition.yaml": json.dumps(composition), **case.files}
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")


def documents(output: bytes, *, unordered: bool) -> str:
    # What a function sees of the moment's time is the one thing that differs.
    found = NOW.sub("2024-01-01T00:00:00Z", output.decode()).split("---\n")
    return "---\n".join(sorted(found) if unordered else found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.reason)
def test_prints_the_same(case: Case, render: Callable[[Case], Pair]) -> None:
    pair = render(case)

    assert pair.theirs.returncode == 0, pair.theirs.stderr.decode()
    assert pair.ours.returncode == 0, pair.ours.stderr.decode()
    want = documents(pair.theirs.stdout, unordered=case.unordered)
    got = documents(pair.ours.stdout, unordered=case.unordered)
    assert not "\n".join(difflib.unified_diff(want.split("\n"), got.split("\n"), "want", "got", lineterm=""))


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case.reason)
def test_fails_the_same(case: Case, render: Callable[[Case], Pair]) -> None:
    pair = render(case)

    assert (pair.theirs.returncode, pair.ours.returncode) == (1, 1), pair
    assert pair.theirs.stdout == pair.ours.stdout == b""
    *_, error = pair.ours.stderr.decode().splitlines()
    assert error.removeprefix("Error: ") in pair.theirs.stderr.decode(), pair
