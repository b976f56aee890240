"""Run a Composition's pipeline: each step gets what the one before it desires.

A step that asks for objects of the cluster is called again with them until it
asks for nothing new (crossplane v2.3, composition_functions.go and
internal/xfn/required_resources.go).
"""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import struct_pb2

from cdk8s_function.objects import Json
from cdk8s_function.reconcile import cluster_schemas
from cdk8s_function.reconcile.cluster import Cluster
from cdk8s_function.reconcile.composition import RequiredResource, RequiredSchema, Step
from cdk8s_function.reconcile.errors import RenderError

_MAX_ITERATIONS = 5
"""How often a step may require something new after its first call (MaxRequirementsIterations)."""

_MAX_RESPONSE_BYTES = 4 << 20
"""The largest response Crossplane takes: gRPC's own limit, which nothing in Crossplane raises."""

RunFunction = Callable[[str, fnv1.RunFunctionRequest], fnv1.RunFunctionResponse]
"""Runs a step, given its name and the request."""


@dataclasses.dataclass(kw_only=True)
class Outcome:
    """What a pipeline leaves.

    Attributes:
        desired: What its steps desire.
        context: Its context after the last step; None where that dropped it.
        conditions: Conditions its steps set, in order.
        results: Results with the step each is of, in order.
    """

    desired: fnv1.State = dataclasses.field(default_factory=fnv1.State)
    context: struct_pb2.Struct | None = dataclasses.field(default_factory=struct_pb2.Struct)
    conditions: list[fnv1.Condition] = dataclasses.field(default_factory=list[fnv1.Condition])
    results: list[tuple[str, fnv1.Result]] = dataclasses.field(default_factory=list[tuple[str, fnv1.Result]])


class Pipeline:
    """A pipeline and the world its steps see.

    Args:
        cluster: The objects of the cluster.
        schemas: OpenAPI v3 documents of the cluster.
        run: Runs one call.
    """

    def __init__(self, cluster: Cluster, schemas: Sequence[Mapping[str, Json]], run: RunFunction) -> None:
        """Take what the steps see."""
        self._cluster = cluster
        self._schemas = schemas
        self._run_function = run

    def run(self, steps: Sequence[Step], observed: fnv1.State, context: Mapping[str, Json] | None) -> Outcome:
        """Run each step once, or until what it asks for is stable.

        Args:
            steps: The steps.
            observed: The observed XR and composed resources.
            context: What the context begins with.

        Raises:
            RenderError: If a step returns a fatal result, or can't be run.
        """
        outcome = Outcome()
        if context is not None and outcome.context is not None:
            outcome.context.update(dict(context))
        for step in steps:
            req = self._request(step, observed, outcome)
            try:
                rsp = self._settled(step, req)
            except RenderError as error:
                msg = f'cannot run Composition pipeline step "{step.step}": {error}'
                raise RenderError(msg) from error
            outcome.desired = rsp.desired
            outcome.context = rsp.context if rsp.HasField("context") else None
            outcome.conditions.extend(rsp.conditions)
            for result in rsp.results:
                if result.severity == fnv1.SEVERITY_FATAL:
                    msg = f'pipeline step "{step.step}" returned a fatal result: {result.message}'
                    raise RenderError(msg)
                outcome.results.append((step.step, result))
        return outcome

    def _request(self, step: Step, observed: fnv1.State, outcome: Outcome) -> fnv1.RunFunctionRequest:
        req = fnv1.RunFunctionRequest()
        # Not its constructor, which can't copy what nests deep.
        req.observed.CopyFrom(observed)
        req.desired.CopyFrom(outcome.desired)
        if outcome.context is not None:
            req.context.CopyFrom(outcome.context)
        if step.input is not None:
            req.input.update(step.input)
        for credential in step.credentials:
            if credential.source != "Secret" or credential.secret_ref is None:
                continue
            reference = credential.secret_ref
            data = self._cluster.secret(reference.namespace, reference.name)
            if data is None:
                msg = (
                    f'cannot get Composition pipeline step "{step.step}" credential "{credential.name}" from Secret: '
                    f'Secret "{reference.name}" not found'
                )
                raise RenderError(msg)
            req.credentials[credential.name].credential_data.data.update(data)
        if step.requirements:
            for wanted in step.requirements.required_resources:
                found = self._cluster.fetch(_resource_selector(wanted))
                req.required_resources[wanted.requirement_name].CopyFrom(found)
            for schema in step.requirements.required_schemas:
                found_schema = cluster_schemas.fetch(self._schemas, _schema_selector(schema))
                req.required_schemas[schema.requirement_name].CopyFrom(found_schema)
        req.meta.tag = hashlib.sha256(req.SerializeToString(deterministic=True)).hexdigest()
        return req

    def _settled(self, step: Step, req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionResponse:
        given = fnv1.RunFunctionRequest()
        given.CopyFrom(req)
        sent: fnv1.Requirements | None = None
        for _ in range(_MAX_ITERATIONS + 1):
            rsp = self._run_function(step.step, req)
            _check_size(rsp)
            if any(result.severity == fnv1.SEVERITY_FATAL for result in rsp.results):
                return rsp
            wanted = rsp.requirements if rsp.HasField("requirements") else None
            if wanted == sent:
                return rsp
            sent = wanted
            req = self._with_requirements(given, rsp)
        msg = f"requirements didn't stabilize after the maximum number of iterations ({_MAX_ITERATIONS})"
        raise RenderError(msg)

    def _with_requirements(
        self, given: fnv1.RunFunctionRequest, rsp: fnv1.RunFunctionResponse
    ) -> fnv1.RunFunctionRequest:
        """Return the request with what a response requires, beside what the step always gets."""
        req = fnv1.RunFunctionRequest()
        req.CopyFrom(given)
        req.ClearField("context")
        if rsp.HasField("context"):
            req.context.CopyFrom(rsp.context)
        for name, selector in rsp.requirements.extra_resources.items():
            req.extra_resources[name].CopyFrom(self._cluster.fetch(selector))
        for name, selector in rsp.requirements.resources.items():
            req.required_resources[name].CopyFrom(self._cluster.fetch(selector))
        for name, selector in rsp.requirements.schemas.items():
            req.required_schemas[name].CopyFrom(cluster_schemas.fetch(self._schemas, selector))
        return req


def _check_size(rsp: fnv1.RunFunctionResponse) -> None:
    size = rsp.ByteSize()
    if size > _MAX_RESPONSE_BYTES:
        msg = f"its response has {size} bytes, and Crossplane takes no more than {_MAX_RESPONSE_BYTES}"
        raise RenderError(msg)


def _resource_selector(wanted: RequiredResource) -> fnv1.ResourceSelector:
    selector = fnv1.ResourceSelector(api_version=wanted.api_version, kind=wanted.kind, namespace=wanted.namespace)
    if wanted.name is not None:
        selector.match_name = wanted.name
    elif wanted.match_labels is not None:
        selector.match_labels.labels.update(wanted.match_labels)
    return selector


def _schema_selector(wanted: RequiredSchema) -> fnv1.SchemaSelector:
    return fnv1.SchemaSelector(api_version=wanted.api_version, kind=wanted.kind)
