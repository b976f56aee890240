"""A composition function as someone new to cdk8s would write it. Only the benchmark runs it."""

from typing import Any

import cdk8s
import click
import crossplane.function.proto.v1.run_function_pb2 as fnv1
import grpc
from constructs import Construct
from crossplane.function import cli, resource, response
from crossplane.function.proto.v1 import run_function_pb2_grpc as grpcv1


class ConfigMaps(cdk8s.Chart):
    """Some ConfigMaps."""

    def __init__(self, scope: Construct, id: str, *, count: int, message: str) -> None:
        super().__init__(scope, id)
        for index in range(count):
            config_map = cdk8s.ApiObject(self, f"config-{index}", api_version="v1", kind="ConfigMap")
            data = {"index": str(index), "message": message}
            config_map.add_json_patch(cdk8s.JsonPatch.add("/data", data))


class FunctionRunner(grpcv1.FunctionRunnerServiceServicer):
    """Composes as many ConfigMaps as the XR says."""

    async def RunFunction(  # noqa: N802  # The name gRPC calls.  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        req: fnv1.RunFunctionRequest,
        _: grpc.aio.ServicerContext[fnv1.RunFunctionRequest, fnv1.RunFunctionResponse],
    ) -> fnv1.RunFunctionResponse:
        """Answer one call of Crossplane."""
        rsp = response.to(req)
        xr: Any = req.observed.composite.resource
        app, spec = cdk8s.App(), xr["spec"]
        chart = ConfigMaps(app, xr["metadata"]["name"], count=int(spec["count"]), message=spec["message"])
        for index, manifest in enumerate(chart.to_json()):
            key = f"config-{index}"
            resource.update(rsp.desired.resources[key], manifest)  # pyright: ignore[reportUnknownMemberType]
            if key in req.observed.resources:
                rsp.desired.resources[key].ready = fnv1.READY_TRUE
        return rsp


@click.command()
@cli.standard_options
def main(**options: Any) -> None:
    """Serve the function."""
    cli.run(FunctionRunner(), **options)


if __name__ == "__main__":
    main()
