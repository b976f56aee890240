"""What Python makes and calls by the names of classes."""

# ruff: noqa: ANN401
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownLambdaType=false

import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cdk8s_function.kernel.native import (
    api_object,
    callbacks,
    json_patch,
    names,
    quantities,
    rendering,
    synthesis,
    tree,
    values,
)
from cdk8s_function.kernel.native.decline import decline
from cdk8s_function.kernel.native.node import Placed
from cdk8s_function.kernel.native.objects import Native, instance_of, native_of

Make = Callable[[str, Sequence[Any]], Native]

MAKES: dict[str, Make] = {}
"""What makes an object of each class that Python may make, by the class's fully qualified name."""

STATICS: dict[tuple[str, str], Callable[..., Any]] = {}
"""Static methods, by class and name."""

GVKS: dict[str, tuple[str, str]] = {}
"""apiVersion and kind of generated classes, by the class."""


def _name_options(options: Any) -> dict[str, Any]:
    got = values.fields(options, "cdk8s.NameOptions")
    made: dict[str, Any] = {}
    if "maxLen" in got:
        if type(got["maxLen"]) is not int:
            decline("a length that is no integer")
        made["max_length"] = got["maxLen"]
    if "delimiter" in got:
        made["delimiter"] = values.text(got["delimiter"])
    if "includeHash" in got:
        if type(got["includeHash"]) is not bool:
            decline("includeHash that is no boolean")
        made["hashed"] = got["includeHash"]
    if "extra" in got:
        if not isinstance(got["extra"], list):
            decline("extra that is no list")
        made["extra"] = tuple(values.text(each) for each in got["extra"])
    return made


def _dns_label(scope: Any, options: Any = None) -> str:
    place = native_of(scope, Placed).node
    return names.dns_label(place.path, place.lines, **_name_options(options))


def _label_value(scope: Any, options: Any = None) -> str:
    place = native_of(scope, Placed).node
    return names.label_value(place.path, place.lines, **_name_options(options))


def _lazy(producer: Any) -> Any:
    cookie = callbacks.implemented(producer, "cdk8s.IAnyProducer", "produce")
    return instance_of(rendering.Lazy("cdk8s.Lazy", producer, cookie))


def _app_of(construct: Any) -> Any:
    return instance_of(native_of(construct, Placed).node.root)


def _is_a(kind: type[Native]) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        native = getattr(value, "__jsii_ref__", None)
        if isinstance(native, Native):
            return isinstance(native, kind)
        if not isinstance(value, str | bool | int | float | dict | list):
            decline(f"a {type(value).__name__} where anything may be")
        return False

    return test


def _new_app() -> tree.App:
    # cdk8s makes the folder too.
    return tree.App("cdk8s.App", {"outdir": tempfile.mkdtemp(prefix="cdk8s.outdir.")})


def _test_app(props: Any = None) -> Any:
    got = values.fields(props, "cdk8s.AppProps")
    return instance_of(tree.App("cdk8s.App", got) if "outdir" in got else _merged(got))


def _merged(got: Mapping[str, Any]) -> tree.App:
    return tree.App("cdk8s.App", {**_new_app().props, **got})


def _scope(id: Any) -> Any:
    return instance_of(tree.Construct("constructs.Construct", tree.App("cdk8s.App", {}), id))


def _generated(chart: tree.Chart, given: Any) -> str:
    found = native_of(given, api_object.ApiObject)
    return chart.generated_name(found, found.kind)


def _copied_manifests(chart: tree.Chart) -> list[Any]:
    return values.exported(synthesis.manifests(chart))


def _api_objects(chart: tree.Chart) -> list[Any]:
    return [instance_of(each) for each in chart.node.below() if isinstance(each, api_object.ApiObject)]


MAKES.update(
    {
        "constructs.Construct": tree.Construct.made,
        "constructs.RootConstruct": tree.RootConstruct.made,
        "constructs.DependencyGroup": tree.Group.made,
        "cdk8s.App": tree.App.made,
        "cdk8s.Chart": tree.Chart.made,
        "cdk8s.ApiObject": api_object.ApiObject.made,
        "cdk8s.Cron": quantities.Cron.made,
        "cdk8s.DependencyGraph": synthesis.Graph.made,
        "cdk8s-function-xp.Manifest": api_object.Manifest.made,
    }
)
STATICS.update(quantities.STATICS)
STATICS.update(
    {
        ("constructs.Construct", "isConstruct"): _is_a(tree.Construct),
        ("constructs.Node", "of"): lambda construct: instance_of(native_of(construct, Placed).node),
        ("cdk8s.App", "of"): _app_of,
        ("cdk8s.Chart", "of"): lambda construct: instance_of(api_object.native_of_chart(native_of(construct, Placed))),
        ("cdk8s.Chart", "isChart"): _is_a(tree.Chart),
        ("cdk8s.ApiObject", "of"): lambda construct: instance_of(
            api_object.api_object_of(native_of(construct, Placed))
        ),
        ("cdk8s.ApiObject", "isApiObject"): _is_a(api_object.ApiObject),
        ("cdk8s.JsonPatch", "apply"): json_patch.apply,
        ("cdk8s.JsonPatch", "add"): lambda path, value: instance_of(json_patch.Patch.valued("add", path, value)),
        ("cdk8s.JsonPatch", "replace"): lambda path, value: instance_of(
            json_patch.Patch.valued("replace", path, value)
        ),
        ("cdk8s.JsonPatch", "test"): lambda path, value: instance_of(json_patch.Patch.valued("test", path, value)),
        ("cdk8s.JsonPatch", "remove"): lambda path: instance_of(json_patch.Patch("remove", path)),
        ("cdk8s.JsonPatch", "copy"): lambda start, path: instance_of(json_patch.Patch("copy", path, from_path=start)),
        ("cdk8s.JsonPatch", "move"): lambda start, path: instance_of(json_patch.Patch("move", path, from_path=start)),
        ("cdk8s.Lazy", "any"): _lazy,
        ("cdk8s.Names", "toDnsLabel"): _dns_label,
        ("cdk8s.Names", "toLabelValue"): _label_value,
        ("cdk8s.Testing", "app"): _test_app,
        ("cdk8s.Testing", "chart"): lambda: instance_of(tree.Chart("cdk8s.Chart", _new_app(), "test", {})),
        ("cdk8s.Testing", "synth"): lambda chart: values.exported(synthesis.rendered(native_of(chart, tree.Chart))),
        ("cdk8s-function-xp.Synthesis", "scope"): _scope,
        ("cdk8s-function-xp.Synthesis", "echo"): lambda token: token,
        # Node.js answers with a text of the same.
        ("cdk8s-function-xp.Synthesis", "objects"): lambda chart, token: {
            "token": token,
            "objects": synthesis.objects(native_of(chart, tree.Chart)),
        },
    }
)
tree.App.gets = {**tree.App.gets, "charts": lambda app: [instance_of(each) for each in synthesis.charts(app)]}
tree.Chart.gets = {**tree.Chart.gets, "apiObjects": _api_objects}
tree.Chart.calls = {**tree.Chart.calls, "toJson": _copied_manifests, "generateObjectName": _generated}
rendering.Lazy.calls = {**rendering.Lazy.calls, "produce": lambda lazy: values.exported(lazy.produced())}
