"""Random construct programs, each of one seed, for both kernels to run."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownLambdaType=false, reportCallIssue=false, reportArgumentType=false

import enum
import random
from collections.abc import Callable
from typing import Any

import cdk8s
import constructs
import jsii
from cdk8s_function import Manifest

IDS = [
    *("a", "b", "web", "api", "Default", "Resource", "default", "resource", "A-b.c_d", "cache"),
    *(
        "0",
        "1",
        "10",
        "2",
        "01",
        "4294967294",
        "4294967295",
        "a/b",
        "x\ny",
        "ü",
        "İstanbul",
        "K8s",
        "日本",
        "😀",
        "\ue000",
    ),
    *("a" * 70, "-", "--", "_x_", "x" * 40 + "-tail", "UPPER", "a.b", "same", "same"),
]
ODD_IDS = ["", "constructor", "__proto__", "toString", "\ud800"]
WORDS = ["", "x", "true", "1", "ü", "😀\ue000", "a\nb", "null", "~0~1/", "long " * 20, "\u2028", "\x00", "é" * 3]
KEYS = ["a", "b", "c", "10", "9", "2", "01", "-1", "x/y", "x~z", "ü", "😀", "\ue000", "_", "A", "zz", "1.5", "metadata"]
ODD_KEYS = ["constructor", "__proto__", "$jsii.map", "hasOwnProperty"]
NUMBERS = [
    0,
    1,
    -1,
    7,
    1.0,
    -0.0,
    0.5,
    1e21,
    1e-7,
    2**53,
    2**53 + 1,
    2**60,
    -(2**63),
    10**21,
    1.7976931348623157e308,
    3.14,
]
ODD_NUMBERS = [float("nan"), float("inf"), 10**400]
API_VERSIONS = ["v1", "apps/v1", "example.org/v1beta1", "batch/v1"]
KINDS = ["ConfigMap", "Deployment", "CronJob", "Thing"]


class Text(enum.StrEnum):
    ONE = "one"


class Count(enum.IntEnum):
    TWO = 2


class OwnNames(cdk8s.Chart):
    def generate_object_name(self, api_object: cdk8s.ApiObject) -> str:
        return f"{api_object.kind.lower()}-{api_object.node.id.lower()}-{api_object.api_group}"


class SuffixedNames(cdk8s.Chart):
    def generate_object_name(self, api_object: cdk8s.ApiObject) -> str:
        return f"{super().generate_object_name(api_object)}-x"


class FewerObjects(cdk8s.Chart):
    def to_json(self) -> list[Any]:
        return super().to_json()[:2]


class Marked(cdk8s.ApiObject):
    def to_json(self) -> Any:
        return {**super().to_json(), "10": 1.0, "marked": [None, {"a": None}], "big": 2**60}


class Group(constructs.Construct):
    def to_string(self) -> str:
        return "group"


class RenamedConstruct(constructs.Construct):
    @property
    def node(self) -> constructs.Node:
        return super().node


@jsii.implements(cdk8s.IAnyProducer)
class Producer:
    def __init__(self, value: Any) -> None:
        self._value = value
        self.calls = 0

    def produce(self) -> Any:
        self.calls += 1
        if isinstance(self._value, list):
            return [*self._value, self.calls]
        return self._value


@jsii.implements(constructs.IValidation)
class Validation:
    def __init__(self, said: list[str]) -> None:
        self._said = said

    def validate(self) -> list[str]:
        return self._said


class Program:
    """One program.

    Args:
        seed: All it is made of.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.log: list[Any] = []
        self.odd = self.rng.random() < 0.1
        self.countless = False
        self.producers: list[Producer] = []
        self.taken: set[Any] = set()

    def run(self) -> cdk8s.Chart:
        """Build the tree, and return its chart; `log` has what was seen on the way."""
        app = cdk8s.App()
        self.scopes: list[constructs.Construct] = []
        if self.rng.random() < 0.3:
            app.node.set_context(self.key(), self.json())
        root = constructs.Construct(app, self.id())
        self.charts: list[cdk8s.Chart] = []
        self.objects: list[cdk8s.ApiObject] = []
        self.groups: list[constructs.DependencyGroup] = []
        chart = self.chart(root)
        for _ in range(self.rng.randint(1, 14)):
            step = self.rng.choice(self.STEPS)
            step(self)
        self.note([producer.calls for producer in self.producers])
        return chart

    # What programs are made of.

    def pick(self, usual: list[Any], odd: list[Any]) -> Any:
        return self.rng.choice(odd if self.odd and self.rng.random() < 0.1 else usual)

    def id(self) -> str:
        return self.pick(IDS, ODD_IDS)

    def place(self, scope: constructs.Construct | None = None) -> tuple[constructs.Construct, str]:
        """A scope, and an id that is seldom taken there."""
        scope = scope or self.scope()
        id = self.id()
        if (scope, id) in self.taken and self.rng.random() < 0.95:
            id = f"{id}{len(self.taken)}"
        self.taken.add((scope, id))
        return scope, id

    def key(self) -> str:
        return self.pick(KEYS, ODD_KEYS)

    def word(self) -> str:
        return self.rng.choice(WORDS)

    def number(self) -> Any:
        return self.pick(NUMBERS, ODD_NUMBERS)

    def json(self, depth: int = 3, *, lazy: bool = False) -> Any:
        kinds: list[Callable[[], Any]] = [
            self.word,
            self.number,
            lambda: self.rng.choice([True, False]),
            lambda: None,
            lambda: self.rng.choice([{}, []]),
            lambda: Text.ONE if self.countless else Count.TWO,
        ]
        if depth:
            kinds += [
                lambda: {self.key(): self.json(depth - 1, lazy=lazy) for _ in range(self.rng.randint(0, 5))},
                lambda: [self.json(depth - 1, lazy=lazy) for _ in range(self.rng.randint(0, 3))],
            ] * 3
        if lazy and self.rng.random() < 0.15:
            # The native kernel declines a Count that a callback returns.
            self.countless = True
            producer = Producer(self.json(1))
            self.countless = False
            self.producers.append(producer)
            return cdk8s.Lazy.any(producer)
        if self.odd and self.rng.random() < 0.03:
            return self.rng.choice([(1, 2), {3, 4}, {1: "a"}, object(), cdk8s.Size.gibibytes(1)])
        return self.rng.choice(kinds)()

    def texts(self) -> dict[str, str]:
        return {self.key(): self.word() for _ in range(self.rng.randint(0, 4))}

    def maybe(self, make: Callable[[], Any], chance: float = 0.5) -> Any:
        return make() if self.rng.random() < chance else None

    def scope(self) -> constructs.Construct:
        return self.rng.choice(self.scopes)

    def anything(self) -> Any:
        return self.rng.choice([*self.scopes, *self.groups])

    def note(self, value: Any) -> None:
        self.log.append(_seen(value))

    # Steps.

    def chart(self, scope: constructs.Construct | None = None) -> cdk8s.Chart:
        kind = self.rng.choice([cdk8s.Chart] * 4 + [OwnNames, SuffixedNames, FewerObjects])
        made = kind(
            *self.place(scope),
            namespace=self.maybe(self.word),
            labels=self.maybe(self.texts),
            disable_resource_name_hashes=self.maybe(lambda: self.rng.choice([True, False])),
        )
        self.charts.append(made)
        self.scopes.append(made)
        return made

    def construct(self) -> None:
        kinds = [constructs.Construct, constructs.Construct, Group]
        self.scopes.append(self.rng.choice(kinds + [RenamedConstruct] * self.odd)(*self.place()))

    def metadata(self) -> Any:
        fields: dict[str, Any] = {
            "name": self.maybe(lambda: self.rng.choice(["named", "x.y", ""]), 0.3),
            "namespace": self.maybe(self.word, 0.3),
            "labels": self.maybe(self.texts),
            "annotations": self.maybe(self.texts),
            "finalizers": self.maybe(lambda: [self.word()], 0.2),
        }
        if self.rng.random() < 0.2:
            fields["owner_references"] = [
                cdk8s.OwnerReference(
                    api_version="v1", kind="Pod", name="p", uid="u", controller=self.maybe(lambda: True)
                )
            ]
        return cdk8s.ApiObjectMetadata(**fields) if self.rng.random() < 0.8 else {k: v for k, v in fields.items() if v}

    def add(self, made: cdk8s.ApiObject) -> None:
        self.objects.append(made)
        self.scopes.append(made)
        self.note(made.name)

    def api_object(self) -> None:
        kind = self.rng.choice([cdk8s.ApiObject] * 4 + [Marked])
        place = self.place()
        props: dict[str, Any] = {
            "api_version": self.rng.choice(API_VERSIONS + ["a/b/c"] * self.odd),
            "kind": self.rng.choice(KINDS),
        }
        # Left out, as charts do: that is another way through the library than a None.
        if (metadata := self.maybe(self.metadata)) is not None:
            props["metadata"] = metadata
        self.add(kind(*place, **props))

    def manifest(self) -> None:
        body: dict[str, Any] = {"apiVersion": self.rng.choice(API_VERSIONS), "kind": self.rng.choice(KINDS)}
        for _ in range(self.rng.randint(0, 4)):
            body[self.rng.choice(["spec", "data", "rules", "10", "2", "zeta", "status"])] = self.json(lazy=True)
        if self.rng.random() < 0.5:
            fields: dict[str, Callable[[], Any]] = {
                "name": lambda: self.rng.choice(["named", "x.y"]),
                "namespace": self.word,
                "labels": self.texts,
                "annotations": self.texts,
                "finalizers": lambda: [self.word()],
                "generateName": self.word,
                "9": lambda: self.json(1, lazy=True),
            }
            names = self.rng.sample(list(fields), self.rng.randint(1, 3))
            body["metadata"] = {name: fields[name]() if self.rng.random() < 0.97 else self.json(1) for name in names}
        self.add(Manifest(*self.place(), body))

    def patch(self) -> None:
        if not self.objects:
            return
        made = self.rng.choice(self.objects)
        for _ in range(self.rng.randint(1, 4)):
            made.add_json_patch(self.operation() if self.rng.random() < 0.3 else self.addition())

    def addition(self) -> cdk8s.JsonPatch:
        names = ["spec", "data", "rules", "10", "new", "metadata", "metadata/x~1y", "zeta", "kind"]
        return getattr(cdk8s.JsonPatch, self.rng.choice(["add", "replace"]))(
            f"/{self.rng.choice(names)}", self.json(2) or {}
        )

    def path(self) -> str:
        first = ["spec", "data", "metadata", "metadata/labels", "metadata/annotations", "new", "rules", "10"]
        parts = [self.rng.choice(first)]
        parts += [
            self.rng.choice(["0", "-", "1", "a", "b", "x~1y", "x~0z", "9", "01"]) for _ in range(self.rng.randint(0, 2))
        ]
        return self.pick(["/" + "/".join(parts)], ["", "spec", "/__proto__", "/spec/constructor/prototype"])

    def operation(self) -> cdk8s.JsonPatch:
        name = self.rng.choice(["add", "add", "add", "replace", "remove", "copy", "move", "test"])
        if name == "remove":
            return cdk8s.JsonPatch.remove(self.path())
        if name in {"copy", "move"}:
            return getattr(cdk8s.JsonPatch, name)(self.path(), self.path())
        return getattr(cdk8s.JsonPatch, name)(self.path(), self.json(2) or {})

    def apply(self) -> None:
        document = {"a": [1, {"b": 2}], "c": {"d": "e"}, "10": [self.json(1)]}
        paths = ["/a/0", "/a/1/b", "/a/-", "/c", "/c/d", "/x", "/10/0", "/3", "/a/2"]
        operations = [
            cdk8s.JsonPatch.add(self.rng.choice(paths), self.json(2) or []),
            cdk8s.JsonPatch.copy(self.rng.choice(paths[:5]), self.rng.choice(paths)),
            cdk8s.JsonPatch.replace(self.rng.choice(paths), self.json(1) or {}),
        ]
        self.rng.shuffle(operations)
        self.note(cdk8s.JsonPatch.apply(document, *operations))

    def change_metadata(self) -> None:
        if not self.objects:
            return
        metadata = self.rng.choice(self.objects).metadata
        step = self.rng.randint(0, 6)
        if step == 0:
            metadata.add_label(self.key(), self.word())
        elif step == 1:
            metadata.add_annotation(self.key(), self.word())
        elif step == 2:
            metadata.add(self.rng.choice([self.key(), "labels", "generateName"]), self.json(2, lazy=True))
        elif step == 3:
            metadata.add_finalizers(self.word(), "f")
        elif step == 4:
            metadata.add_owner_reference(cdk8s.OwnerReference(api_version="v1", kind="Pod", name="p", uid="u"))
        elif step == 5:
            self.note(metadata.get_label(self.rng.choice(KEYS)))
        else:
            self.note([metadata.name, metadata.namespace, metadata.to_json()])

    def depend(self) -> None:
        # From a later construct to earlier ones: seldom a cycle.
        at = self.rng.randrange(len(self.scopes))
        source, earlier = self.scopes[at], self.scopes[: at or 1]
        if self.rng.random() < 0.1:
            earlier = [*self.scopes, *self.groups]
        targets = [self.rng.choice(earlier) for _ in range(self.rng.randint(1, 2))]
        kinds = (cdk8s.ApiObject, cdk8s.Chart)
        (source.add_dependency if isinstance(source, kinds) else source.node.add_dependency)(*targets)
        if self.rng.random() < 0.2:
            source.node.remove_dependency(targets[0])
        self.note(source.node.dependencies)

    def group(self) -> None:
        made = constructs.DependencyGroup(*[self.anything() for _ in range(self.rng.randint(0, 3))])
        made.add(self.anything())
        self.groups.append(made)

    def validate(self) -> None:
        self.scope().node.add_validation(Validation(["bad"] if self.rng.random() < 0.05 else []))

    def context(self) -> None:
        node = self.scope().node
        step = self.rng.randint(0, 3)
        if step == 0:
            if not node.children:
                node.set_context(self.key(), self.json(2))
        elif step == 1:
            self.note(node.try_get_context(self.rng.choice(KEYS)))
        elif step == 2:
            self.note(node.get_all_context(self.maybe(lambda: {"d": self.json(1)})))
        elif self.odd:
            self.note(node.get_context(self.rng.choice(KEYS)))

    # Looked up are only usual names: Node.js answers `__proto__` with what all its objects share, and marks that.

    def look(self) -> None:
        node = self.scope().node
        step = self.rng.randint(0, 13)
        if step == 0:
            self.note([node.path, node.id, node.addr, node.locked])
        elif step == 1:
            self.note(node.children)
        elif step == 2:
            self.note(node.find_all(self.rng.choice(list(constructs.ConstructOrder))))
        elif step == 3:
            self.note([node.root, node.scope, node.scopes])
        elif step == 4:
            self.note(node.try_find_child(self.rng.choice(IDS)))
        elif step == 5:
            self.note(node.default_child)
        elif step == 6:
            self.note([self.scope().to_string(), node.metadata, node.validate()])
        elif step == 7:
            self.note(cdk8s.Chart.of(self.scope()))
        elif step == 8:
            self.note([chart.labels for chart in self.charts] + [chart.api_objects for chart in self.charts])
        elif step == 9:
            self.note([cdk8s.Chart.is_chart(self.scope()), cdk8s.ApiObject.is_api_object(self.scope())])
        elif step == 10:
            self.note(cdk8s.DependencyGraph(node).topology())
        elif step == 11 and self.objects:
            made = self.rng.choice(self.objects)
            self.note([made.kind, made.api_version, made.api_group, made.chart, made.to_json()])
        elif step == 12:
            self.note(self.rng.choice(self.charts).to_json())
        else:
            self.note(cdk8s.App.of(self.scope()).charts)

    def change_tree(self) -> None:
        node = self.scope().node
        step = self.rng.randint(0, 9)
        if step == 0:
            node.default_child = self.rng.choice([None, self.scope()])
        elif step == 1:
            self.note(node.try_remove_child(self.rng.choice(IDS)))
        elif step == 2 and self.odd:
            node.lock()
        elif step == 3:
            node.add_metadata("note", self.word())
        elif step == 4:
            self.note(cdk8s.ApiObject.of(self.rng.choice(self.objects or self.scopes)))

    def names(self) -> None:
        options = {
            "delimiter": self.maybe(lambda: self.rng.choice(["-", ".", "", "x", "--"])),
            "extra": self.maybe(lambda: [self.id(), self.word()]),
            "include_hash": self.maybe(lambda: self.rng.choice([True, False])),
            "max_len": self.maybe(lambda: self.rng.choice([8, 12, 63, 3, 253])),
        }
        name = self.rng.choice([cdk8s.Names.to_dns_label, cdk8s.Names.to_label_value])
        self.note(name(self.scope(), **options))

    def quantities(self) -> None:
        amount = self.rng.choice([0, 1, 2, 3, 60, 61, 90, 1024, 1.5, 0.1, 1e-7, 86400, 3600, 1e22, 123456789])
        size = getattr(cdk8s.Size, self.rng.choice(["kibibytes", "mebibytes", "gibibytes", "tebibytes", "pebibyte"]))(
            amount
        )
        unit = self.rng.choice(["to_kibibytes", "to_mebibytes", "to_gibibytes", "to_tebibytes", "to_pebibytes"])
        rounding = self.rng.choice([cdk8s.SizeRoundingBehavior.FLOOR, cdk8s.SizeRoundingBehavior.NONE])
        self.note([size.as_string(), getattr(size, unit)(rounding=rounding)])
        duration = getattr(cdk8s.Duration, self.rng.choice(["millis", "seconds", "minutes", "hours", "days"]))(amount)
        self.note([duration.unit_label(), duration.to_human_string()])
        self.note(duration.to_minutes(integral=False))
        if duration.unit_label() != "millis":
            self.note(duration.to_iso_string())
        self.note(cdk8s.Duration.parse(self.rng.choice(["PT1H", "PT1D2H3M4S", "PT90S"])).to_seconds())
        cron = [cdk8s.Cron.daily(), cdk8s.Cron.schedule(minute="5"), cdk8s.Cron(hour="1"), cdk8s.Cron.weekly()]
        self.note(self.rng.choice(cron).expression_string)

    STEPS = (
        *[api_object, manifest] * 6,
        *[construct, patch, change_metadata, depend, look] * 3,
        *[chart, group, apply, names, context],
        *[validate, quantities, change_tree],
    )


def _seen(value: Any) -> Any:
    if isinstance(value, constructs.Construct):
        return [type(value).__name__, value.node.path]
    if isinstance(value, list):
        return [_seen(item) for item in value]
    if isinstance(value, dict):
        return {key: _seen(item) for key, item in value.items()}
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return type(value).__name__
