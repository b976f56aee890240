"""jsii's kernel is asked in fewer words than jsii's own, and keeps nothing that no chart can use any more.

Each case runs in a process of its own, this file as a program: jsii's kernel is one a process.
"""

import contextlib
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any, ClassVar

_CASES: dict[str, Callable[[], object]] = {}


def case(make: Callable[[], object]) -> Callable[[], object]:
    """Let `outcome` run a function in a process of its own."""
    _CASES[make.__name__] = make
    return make


def outcome(name: Callable[[], object], **variables: str) -> Any:
    environment = {**os.environ, "CDK8S_FUNCTION_KERNEL": "node", **variables}
    command = [sys.executable, __file__, name.__name__]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def synthesise(make: Callable[..., object], count: int = 1) -> list[Any]:
    """Return what charts made of one class say, letting go of each as a worker does."""
    import cdk8s
    from cdk8s_function import ApiModel, CompositeType
    from cdk8s_function.protocol.messages import ChartRef, SynthRequest, SynthResult
    from cdk8s_function.worker import synth

    class Spec(ApiModel):
        pass

    class Chart(cdk8s.Chart):
        composite_type: ClassVar[CompositeType[Any]] = CompositeType(
            group="example.org", version="v1", kind="Kept", spec=Spec
        )

        def __init__(self, scope: Any, id: str, composite: Any) -> None:
            super().__init__(scope, id)
            assert composite.spec is not None
            make(self)

    chart = ChartRef(name="kept", dist="kept", version="1", target="kept:Chart")
    outcomes: list[Any] = []
    for number in range(count):
        xr = {"apiVersion": "example.org/v1", "kind": "Kept", "metadata": {"name": f"xr-{number}", "namespace": "a"}}
        outcome = synth.synth(Chart, SynthRequest(chart=chart, composite=xr))
        if isinstance(outcome, SynthResult):
            outcomes.append([resource.manifest for resource in outcome.resources])
        else:
            outcomes.append(outcome.message)
        del outcome
        synth.release()
    return outcomes


def config_map(chart: Any, **data: str) -> None:
    import cdk8s

    made = cdk8s.ApiObject(chart, "config", api_version="v1", kind="ConfigMap")
    made.add_json_patch(cdk8s.JsonPatch.add("/data", data))


def objects() -> int:
    import jsii

    return jsii.kernel.stats().object_count


@case
def many() -> object:
    def make(chart: Any) -> None:
        config_map(chart, path=chart.node.path)

    synthesise(make)
    before = objects()
    synthesise(make, 100)
    return [before, objects()]


def test_the_kernel_keeps_nothing_of_an_xr_that_is_done() -> None:
    before, after = outcome(many)

    # It deletes some 64 at a time, and each of these 100 made five.
    assert after - before < 100


@case
def held_by_a_module() -> object:
    import cdk8s

    @functools.cache
    def size() -> Any:
        return cdk8s.Size.gibibytes(2)

    def make(chart: Any) -> None:
        config_map(chart, size=str(size().to_mebibytes()))

    return synthesise(make, 100)[-1]


def test_what_a_charts_module_holds_serves_the_next_xr() -> None:
    assert outcome(held_by_a_module)[0]["data"] == {"size": "2048"}


@case
def held_below() -> object:
    kept: list[Any] = []

    def make(chart: Any) -> None:
        # The first XR's node, which the kernel made and not Python; and what that leads to.
        kept.append(chart.node)
        config_map(chart, path=kept[0].path, scopes=str(len(kept[0].scopes)), root=kept[0].root.node.path)

    return synthesise(make, 50)[-1]


def test_what_is_held_leads_to_objects_that_were_let_go() -> None:
    [config] = outcome(held_below)

    assert config["data"]["path"].endswith("/xr-0")
    assert config["data"]["scopes"] == "3"


@case
def held_by_the_library() -> object:
    import cdk8s_plus_34 as plus

    def make(chart: Any) -> None:
        config_map(chart, type=plus.ApiResource.PODS.resource_type)

    return [synthesise(make, 100)[-1], objects()]


def test_the_state_of_a_library_is_kept_for_the_next_xr() -> None:
    [config], count = outcome(held_by_the_library)

    assert config["data"] == {"type": "pods"}
    assert count < 100


@case
def called_back() -> object:
    import cdk8s
    import jsii
    from cdk8s_function.manifest import Manifest

    @jsii.implements(cdk8s.IAnyProducer)
    class Late:
        __slots__ = ("__jsii_ref__", "text")

        def __init__(self, text: str) -> None:
            self.text = text

        def produce(self) -> str:
            return self.text

    class Chatty(cdk8s.ApiObject):
        def to_json(self) -> Any:
            return {**super().to_json(), "data": {"said": "by Python"}}

    def make(chart: Any) -> None:
        Chatty(chart, "chatty", api_version="v1", kind="ConfigMap")
        late = cdk8s.Lazy.any(Late("late"))
        Manifest(chart, "late", {"apiVersion": "v1", "kind": "ConfigMap", "data": {"text": late}})

    return synthesise(make, 3)[-1]


def test_python_that_the_kernel_calls_is_there_until_the_reply() -> None:
    chatty, late = outcome(called_back)

    assert chatty["data"] == {"said": "by Python"}
    assert late["data"] == {"text": "late"}


def _fixtures() -> list[str]:
    import cdk8s
    import cdk8s_plus_34 as plus

    def everything(chart: Any) -> None:
        deployment = plus.Deployment(
            chart, "app", containers=[plus.ContainerProps(image="nginx:1.29.3", port_number=80)]
        )
        deployment.expose_via_service(ports=[plus.ServicePort(port=80)], service_type=plus.ServiceType.CLUSTER_IP)
        deployment.metadata.add_label("when", "now")
        config_map(
            chart, names=deployment.name, kind=deployment.kind, duration=cdk8s.Duration.minutes(2).to_iso_string()
        )

    def of_a_number(chart: Any) -> None:
        cdk8s.ApiObject(chart, "config", api_version=1, kind="ConfigMap")  # pyright: ignore[reportArgumentType]

    def refused(chart: Any) -> None:
        config_map(chart)
        config_map(chart)

    def not_a_number(chart: Any) -> None:
        config_map(chart, number=float("nan"))  # pyright: ignore[reportArgumentType]

    def raising(chart: Any) -> None:
        class Angry(cdk8s.ApiObject):
            def to_json(self) -> Any:
                msg = "no"
                raise ValueError(msg)

        Angry(chart, "angry", api_version="v1", kind="ConfigMap")

    made = (everything, of_a_number, refused, not_a_number, raising)
    return [json.dumps(synthesise(make)) for make in made]


@case
def starved() -> object:
    import resource

    import jsii
    from cdk8s_function.worker import synth

    def make(chart: Any) -> None:
        # Loaded just now, and that takes memory.
        import cdk8s_plus_34 as plus

        plus.ConfigMap(chart, "config")

    provider: Any = jsii.kernel.provider
    resource.prlimit(provider._process._node._process.pid, resource.RLIMIT_DATA, (1, resource.RLIM_INFINITY))
    try:
        return synthesise(make)
    except (MemoryError, synth.KernelLostError):
        return "a lack of this process"


@case
def starved_in_part() -> object:
    import cdk8s

    lacks: list[str] = []
    for text in (
        "Error for package tarball plus.tgz: Failed to allocate memory",
        "Array buffer allocation failed",
        "ENOMEM: not enough memory, read",
        "libnode.so: Cannot allocate memory",
        "no memory of that",
    ):

        class Chatty(cdk8s.ApiObject):
            # By way of Node.js, so that the error is one of its own here.
            def to_json(self, *, text: str = text) -> Any:
                raise RuntimeError(text)

        def make(chart: Any, *, kind: Any = Chatty) -> None:
            kind(chart, "chatty", api_version="v1", kind="ConfigMap")

        try:
            lacks += synthesise(make)
        except MemoryError as error:
            lacks.append(f"a lack of this process: {error}")
    return lacks


def test_a_node_that_dies_for_lack_of_memory_is_no_fault_of_the_chart_and_leaves_no_folder(
    tmp_path: pathlib.Path,
) -> None:
    assert outcome(starved, TMPDIR=str(tmp_path)) == "a lack of this process"
    assert list(tmp_path.iterdir()) == []


def test_what_node_has_no_memory_for_is_no_fault_of_the_chart() -> None:
    *lacks, fault = outcome(starved_in_part)

    assert ["a lack of this process: " in lack for lack in lacks] == [True] * 4
    assert "no memory of that" in fault
    assert "a lack of" not in fault


@case
def refused_late() -> object:
    from cdk8s_function.kernel.node import assembly
    from cdk8s_function.worker import synth

    # What is posted is done while Python goes on, so that a refusal shows only later.
    assembly.forget(["cdk8s.App@999999"])
    try:
        return synthesise(config_map)
    except synth.KernelLostError as error:
        return f"{error.__cause__}"


def test_what_the_kernel_refuses_late_is_no_fault_of_the_next_chart() -> None:
    reason = outcome(refused_late)

    assert reason.startswith("jsii's kernel refused {'api': ")
    assert "cdk8s.App@999999" in reason


@case
def checked_again() -> object:
    import cdk8s

    def of(value: Any) -> Callable[[Any], None]:
        def make(chart: Any) -> None:
            made = cdk8s.ApiObject(chart, "config", api_version="v1", kind="ConfigMap")
            made.metadata.add_label("number", value)

        return make

    return [synthesise(of(value))[0] for value in ("one", "one", 1, True, None, "one")]


def test_an_argument_of_a_wrong_type_is_refused_each_time() -> None:
    fine, again, *refused, last = outcome(checked_again)

    assert fine == again == last
    assert [outcome.count("type of argument value must be str; got") for outcome in refused] == [1, 1, 1]


@case
def left_waiting() -> object:
    import cdk8s

    def of(make: Callable[[], object]) -> Callable[[Any], None]:
        class Made(cdk8s.ApiObject):
            def to_json(self) -> Any:
                return {**super().to_json(), "data": make()}

        return lambda chart: Made(chart, "made", api_version="v1", kind="ConfigMap")  # pyright: ignore[reportReturnType]

    made: tuple[Callable[[], object], ...] = (lambda: float("nan"), object, sys.exit, lambda: "fine")
    outcomes = [synthesise(of(make))[0] for make in made]
    # Whether Node.js is within a callback shows in the stack of its next error.
    try:
        cdk8s.Duration.parse("no duration")
    except RuntimeError as error:
        outcomes.append("callbackHandler" in str(error.__cause__))
    return outcomes


def test_a_callback_that_the_chart_leaves_does_not_keep_the_kernel_waiting() -> None:
    number, thing, left, [manifest], waiting = outcome(left_waiting)

    assert "Out of range float values are not JSON compliant" in number
    assert "object is neither a construct nor a JSON value" in thing
    assert "sys.exit(None)" in left
    assert manifest["data"] == "fine"
    assert not waiting


@case
def set_calls_back() -> object:
    from fixture_charts.javascript import Widget

    class Loud(Widget):
        def entitle(self, text: str) -> str:
            return f"{super().entitle(text)}!"

    def make(chart: Any) -> None:
        widget = Loud(chart, "widget", spec={})
        widget.title = "hello"
        config_map(chart, title=widget.title)

    return synthesise(make)[0]


def test_a_property_whose_setter_calls_back_is_set() -> None:
    _, config = outcome(set_calls_back)

    assert config["data"] == {"title": "hello!"}


@case
def looked_up() -> object:
    def make(chart: Any) -> None:
        config_map(chart, path=chart.node.path)
        with contextlib.suppress(Exception):
            chart.node.try_find_child("__proto__")

    return synthesise(make, 2)


def test_what_all_objects_of_javascript_share_is_not_taken_for_one_of_them() -> None:
    """jsii marks the objects that it returns; a mark on Object.prototype would be one of every object."""
    outcomes = outcome(looked_up)

    assert [config["data"]["path"].rpartition("/")[2] for [config] in outcomes] == ["xr-0", "xr-1"]


@case
def both_ways() -> object:
    import jsii
    from jsii._kernel.providers import process

    provider: Any = jsii.kernel.provider
    short = _fixtures()

    class Own(process.ProcessProvider):
        @property
        def _process(self) -> Any:
            return provider._process._node

    jsii.kernel.provider = Own()
    return [short, _fixtures()]


def test_the_short_way_says_what_jsiis_own_says() -> None:
    short, own = outcome(both_ways)

    assert short == own
    assert [outcome.startswith('[[{"apiVersion') for outcome in short] == [True, False, False, False, False]


if __name__ == "__main__":
    from cdk8s_function.kernel.node import runtime

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        runtime.configure(scratch=pathlib.Path(scratch), node_heap_mib=256)
        from cdk8s_function.worker import synth

        synth.warm()
        print(json.dumps(_CASES[sys.argv[1]]()))
