"""The debugging page's replay, of what a served function really wrote to its log."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# gRPC's generated stubs are untyped.

import json
import os
import pathlib
import subprocess
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import crossplane.function.proto.v1.run_function_pb2_grpc as grpcv1
import grpc
import yaml
from sites import WORKSPACE
from test_examples import blocks, example, run


def test_a_recorded_request_is_replayed(tmp_path: pathlib.Path) -> None:
    example(tmp_path)
    annotate, replay = (
        block for block in blocks("how-to/debugging.md", "sh") if "debug=true" in block or "--replay" in block
    )
    annotation, _, value = annotate.split()[6].partition("=")
    xr = yaml.safe_load((tmp_path / "xr.yaml").read_text(encoding="utf-8"))
    xr["metadata"]["annotations"] = {annotation: value}
    request = fnv1.RunFunctionRequest()
    request.observed.composite.resource.update(xr)
    composition = yaml.safe_load((tmp_path / "composition.yaml").read_text(encoding="utf-8"))
    request.input.update(composition["spec"]["pipeline"][0]["input"])

    environment = {**os.environ, "ADDRESS": "127.0.0.1:0", "METRICS_ADDRESS": "127.0.0.1:0"}
    command = [WORKSPACE / "bin/function-cdk8s", "serve", "--insecure", "--workers", "1"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout
        try:
            port = next(json.loads(line)["port"] for line in served.stdout if '"serving"' in line)
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                call: Any = grpcv1.FunctionRunnerServiceStub(channel).RunFunction
                call(request, timeout=60, wait_for_ready=True)
            log = next(line for line in served.stdout if '"recorded a request"' in line)
        finally:
            served.kill()
    (tmp_path / "function.log").write_text(log, encoding="utf-8")

    done = run(replay, tmp_path)

    assert [document["kind"] for document in yaml.safe_load_all(done.stdout)] == [
        "WebService",
        "Deployment",
        "Ingress",
        "Service",
    ]
