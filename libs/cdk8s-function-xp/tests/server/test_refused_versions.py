"""A version, a range or a digest that is not there is refused in one line: XR, chart, version, and what is there."""

import pathlib

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
from cdk8s_function.errors import FatalError
from cdk8s_function.installed.environments import Environments
from cdk8s_function.server.call import Call
from fixture_charts import versions
from google.protobuf import json_format

OTHER = "sha256:" + 64 * "0"
HEAD = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": "greeting"}
OF = 'chart "greeting" of wheel greetings'


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        pytest.param(
            {"version": "3.0.0"},
            f"input.version: {OF} is not here in version 3.0.0; versions here: 1.0.0",
            id="a version",
        ),
        pytest.param(
            {"version": ">=3,<4"},
            f"input.version: {OF} is not here in version >=3,<4; versions here: 1.0.0",
            id="a range",
        ),
        pytest.param(
            {"version": "2.0.0"},
            f"input.version: {OF} can't be used in version 2.0.0: "
            "TOP/greetings/2.0.0/greetings/late.py is missing; versions here: 1.0.0",
            id="a version whose folder is not whole",
        ),
        pytest.param(
            {"digest": OTHER},
            f"input.digest: {OF} is not here with digest {OTHER}; versions here: 1.0.0 (DIGEST)",
            id="a digest",
        ),
        pytest.param(
            {"digest": "DIGEST", "version": "<1"},
            f"input.version: {OF} is not here in version <1 with digest DIGEST; versions here: 1.0.0 (DIGEST)",
            id="a version that is not the digest's",
        ),
        pytest.param(
            {"digest": OTHER, "version": "1.0.0"},
            f"input.digest: {OF} is not here in version 1.0.0 with digest {OTHER}; versions here: 1.0.0 (DIGEST)",
            id="a digest that none of that version has",
        ),
        pytest.param(
            {"chart": "greetings:greting"},
            'input.chart: unknown chart "greetings:greting"; '
            "known charts: greeting, reading, printing, threading, secret and MORE more",
            id="a chart that the wheel does not offer",
        ),
        pytest.param(
            {"version": "newest"},
            "input.version: must be a version, or a range of versions like >=1.4,<2, not 'newest'",
            id="no version",
        ),
        pytest.param(
            {"digest": "sha256:1"},
            "input.digest: string should match pattern '^(sha256:[0-9a-f]{64})?$', not 'sha256:1'",
            id="no digest",
        ),
    ],
)
def test_the_response_to_a_version_that_is_not_there(
    tmp_path: pathlib.Path, asked: dict[str, str], refusal: str
) -> None:
    versions.install_greetings(tmp_path / "charts", "1.0.0", pins="1.0")
    versions.install_greetings(tmp_path / "charts", "2.0.0", pins="2.0")
    (tmp_path / "charts/greetings/2.0.0/greetings/late.py").unlink()
    charts = Environments(tmp_path / "charts").look()
    digest = charts.require("greeting").digest
    given = {key: value.replace("DIGEST", digest) for key, value in asked.items()}
    xr = {**versions.XR, "metadata": {"name": "one", "namespace": "team-a"}, "spec": {"name": "one"}}
    earlier = {"resources": {"earlier": {"resource": {"kind": "ConfigMap"}}}}
    fields = {
        "meta": {"tag": "tag"},
        "observed": {"composite": {"resource": xr}},
        "desired": earlier,
        "input": {**HEAD, **given},
    }
    call = Call(json_format.ParseDict(fields, fnv1.RunFunctionRequest()))

    with pytest.raises(FatalError) as caught:
        call.begin(charts)

    # An input that is not valid names no chart.
    chart = given.get("chart", HEAD["chart"])
    subject = 'Greeting "team-a/one"' + (f' with chart "{chart}"' if 'chart "' in refusal else "")
    real = {"DIGEST": digest, "TOP": str(tmp_path / "charts"), "MORE": str(len(charts.names()) - 5)}
    for word, value in real.items():
        refusal = refusal.replace(word, value)
    line = f"cannot compose {subject}: {refusal}"
    response = fnv1.RunFunctionResponse.FromString(call.refuse(caught.value))
    assert json_format.MessageToDict(response) == {
        "meta": {"tag": "tag", "ttl": "0s"},
        "desired": earlier,
        "context": {},
        "results": [{"severity": "SEVERITY_FATAL", "message": line}],
    }
