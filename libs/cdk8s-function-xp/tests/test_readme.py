"""The charts in the README work as they stand there."""

import json
import pathlib
import re
import subprocess
import sys
from typing import Any

import cdk8s_function
import pytest

README = pathlib.Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)

SYNTHESISE = """
import dataclasses, json, pathlib, sys, tempfile
from cdk8s_function.kernel.node import runtime
with tempfile.TemporaryDirectory() as scratch:
    runtime.configure(scratch=pathlib.Path(scratch), node_heap_mib=128)
    from cdk8s_function.worker import synth
    from cdk8s_function.protocol.messages import ChartRef, SynthRequest
    block, name, spec, observed = json.load(sys.stdin)
    names = {}
    exec(block, names)
    factory = names[name]
    metadata = {"name": "demo", "namespace": "a"}
    xr = {"apiVersion": "example.org/v1alpha1", "kind": name, "metadata": metadata, "spec": spec}
    chart = ChartRef(name="readme", dist="readme", version="0", target="readme:" + name)
    outcome = synth.synth(factory, SynthRequest(chart=chart, composite=xr, observed=observed))
    made = dataclasses.asdict(outcome)
    made["objects"] = {resource.key: resource.manifest for resource in made.pop("resources", ())}
    print(json.dumps(made))
"""


def synthesised(block: str, name: str, *, spec: dict[str, Any], observed: dict[str, Any]) -> dict[str, Any]:
    """Return what a chart of the README says of an XR."""
    done = subprocess.run(
        [sys.executable, "-c", SYNTHESISE],
        input=json.dumps([block, name, spec, observed]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_there_are_two_charts() -> None:
    assert [re.findall(r"^class (\w+)\(Chart\)", block, flags=re.MULTILINE) for block in BLOCKS] == [
        ["Cache"],
        ["Database"],
    ]


def test_the_first_chart() -> None:
    outcome = synthesised(BLOCKS[0], "Cache", spec={"memoryMib": 32}, observed={})

    assert list(outcome["objects"]) == ["deployment"]
    container = outcome["objects"]["deployment"]["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"] == {"limits": {"memory": "32Mi"}}


def test_the_password_of_the_second_chart_is_made_once() -> None:
    first = synthesised(BLOCKS[1], "Database", spec={}, observed={})
    observed = {"login": {"apiVersion": "v1", "kind": "Secret", "data": {"password": "c2VjcmV0"}}}

    outcome = synthesised(BLOCKS[1], "Database", spec={}, observed=observed)

    assert len(first["objects"]["login"]["stringData"]["password"]) == 32
    assert outcome["objects"]["login"]["stringData"] == {"password": "secret"}
    assert outcome["status"] == {"sizeGib": 1}
    assert [condition["status"] for condition in outcome["conditions"]] == ["False"]


def test_the_refusal_of_the_second_chart() -> None:
    observed = {"claim": {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}}

    outcome = synthesised(BLOCKS[1], "Database", spec={"sizeGib": 1}, observed=observed)

    message = "spec.sizeGib: a volume can't shrink; make a new Database"
    assert outcome == {"message": message, "traceback": "", "objects": {}}


@pytest.mark.parametrize("name", ["moved", "set_ready", "require", "generate_once", "observed_name", "set_ttl"])
def test_what_the_tables_name_exists(name: str) -> None:
    from cdk8s_function import Composite

    assert f"`{name}(" in README.read_text(encoding="utf-8")
    assert callable(getattr(Composite, name))


LOAD = """
import sys, cdk8s_function
for name in cdk8s_function.__all__:
    print(*sorted({"cdk8s", "grpc", "jsii", "pydantic"} & sys.modules.keys()))
    getattr(cdk8s_function, name)
"""


def test_the_package_loads_a_name_when_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert cdk8s_function.__all__[5] == "Manifest"
    assert done.stdout.splitlines() == ["", *["pydantic"] * 5, *["cdk8s jsii pydantic"] * 5]
