"""What is put together of encoded parts is what protobuf reads."""

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
from cdk8s_function.protocol import wire
from google.protobuf import duration_pb2


@pytest.mark.parametrize("length", [0, 1, 127, 128, 300, 16_383, 16_384, 1 << 21])
def test_parts_that_stand_one_behind_the_other_are_one_message(length: int) -> None:
    first = fnv1.Resource(ready=fnv1.READY_FALSE, connection_details={"a": b"1"})
    second = fnv1.Resource(connection_details={"b": b"2" * length})
    entry = wire.delimited(1, b"key") + wire.delimited(2, first.SerializeToString() + second.SerializeToString())
    state = wire.delimited(fnv1.State.RESOURCES_FIELD_NUMBER, entry)
    encoded = wire.delimited(fnv1.RunFunctionResponse.DESIRED_FIELD_NUMBER, state)

    got = fnv1.RunFunctionResponse.FromString(encoded)

    whole = fnv1.Resource(ready=fnv1.READY_FALSE, connection_details={"a": b"1", "b": b"2" * length})
    assert got == fnv1.RunFunctionResponse(desired=fnv1.State(resources={"key": whole}))


@pytest.mark.parametrize("value", [1, 127, 128, 16_384, (1 << 63) - 1])
def test_a_number_is_written_as_protobuf_writes_it(value: int) -> None:
    assert wire.number(1, value) == duration_pb2.Duration(seconds=value).SerializeToString()
