"""Remove secrets from a request, so that it can be stored and run again.

Placeholders of the same shape replace secret values; if anything else in the
request repeats such a value, in clear or in base64, the placeholder replaces it
there too. managedFields, and annotations that repeat their object, are left out.

Only the fields named here are kept: fields that a later version of the protocol
adds are not stored until they are listed.
"""

import re
from collections.abc import Callable, Iterable, Iterator

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import struct_pb2

from cdk8s_function import objects
from cdk8s_function.protocol.messages import Secrecy
from cdk8s_function.recording import secret_values, spellings
from cdk8s_function.recording.scrubbing import Scrubber, is_sought

FIELDS = frozenset(
    {
        "meta",
        "observed",
        "desired",
        "input",
        "context",
        "extra_resources",
        "credentials",
        "required_resources",
        "required_schemas",
    }
)
"""The fields of a RunFunctionRequest that are kept."""

RESPONSE_FIELDS = frozenset({"meta", "desired", "results", "context", "requirements", "conditions", "output"})
"""The fields of a RunFunctionResponse that are kept."""

_CROSSPLANE = "crossplane.io/"
_WORD = re.compile(r"[A-Za-z]+")


class Redaction:
    """A request and its response without their secrets.

    Args:
        req: The request.
        rsp: Its response.
        secrecy: The secrets that its chart's models declare.
        placeholder: Makes the placeholder of a secret value.
        spend: Called before each text is looked at; raises TooLargeError once it has taken too long.

    Attributes:
        request: The request without its secrets.
        response: The response without its secrets; those that the request had not
            are blank, so that random values make no difference.
        scrub: Takes the request's secrets out of any text.

    Raises:
        scrubbing.TooLargeError: If there are too many secrets in too large a request.
    """

    def __init__(
        self,
        req: fnv1.RunFunctionRequest,
        rsp: fnv1.RunFunctionResponse,
        secrecy: Secrecy,
        placeholder: secret_values.Change,
        *,
        spend: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the secrets out."""
        self.request = fnv1.RunFunctionRequest()
        self.request.CopyFrom(req)
        _keep(self.request, FIELDS)
        self.response = fnv1.RunFunctionResponse()
        self.response.CopyFrom(rsp)
        _keep(self.response, RESPONSE_FIELDS)
        messages = (self.request, self.response)
        found: set[bytes] = set()
        secret_values.change_all(self.request, secrecy.paths, lambda value: found.add(value) or value)
        known = {value: placeholder(value) for value in found}
        # A sensitive field may contain another: a placeholder is not replaced again.
        known |= {other: other for other in known.values()}
        public = "\n".join((*secrecy.words, *_public(self.request))).encode()
        parts = {part for value in found for part in spellings.parts(value)}
        parts = {part for part in parts if is_sought(part.encode(errors="surrogateescape"), public)}
        sought = {value: placeholder(value) for value in (*found, *_encoded(parts)) if is_sought(value, public)}
        # A recorded request has placeholders already, which stay unchanged.
        sought = {value: other for value, other in sought.items() if value != other}
        parts = {part for part in parts if part.encode(errors="surrogateescape") in sought}
        secret_values.change_all(self.request, secrecy.paths, lambda value: known[value])
        secret_values.change_all(self.response, secrecy.paths, lambda value: known.get(value, b""))
        corpus = b"\n".join(message.SerializeToString() for message in messages)
        self.scrub = Scrubber(sought, parts, corpus, spend=spend)
        for message in messages:
            for struct in secret_values.structs(message):
                _scrub(struct, self.scrub)
        for part in (*self.response.results, *self.response.conditions):
            part.message = self.scrub(part.message)


def _keep(message: secret_values.Message, names: frozenset[str]) -> None:
    message.DiscardUnknownFields()
    for field in message.DESCRIPTOR.fields:
        if field.name not in names:
            message.ClearField(field.name)
    for struct in secret_values.structs(message):
        _prune(struct)


def _prune(struct: struct_pb2.Struct) -> None:
    for each in secret_values.below(struct):
        metadata = secret_values.struct_in(each, "metadata")
        if metadata is not None:
            metadata.fields.pop("managedFields", None)
            _prune_annotations(metadata, lambda name: name in objects.REPEATING_ANNOTATIONS)
    for each in secret_values.secrets_in(struct):
        metadata = secret_values.struct_in(each, "metadata")
        if metadata is not None:
            _prune_annotations(metadata, lambda name: _CROSSPLANE not in name)


def _prune_annotations(metadata: struct_pb2.Struct, left_out: Callable[[str], bool]) -> None:
    annotations = secret_values.struct_in(metadata, "annotations")
    if annotations is not None:
        for name in [name for name in annotations.fields if left_out(name)]:
            del annotations.fields[name]


def _public(req: fnv1.RunFunctionRequest) -> Iterator[str]:
    """Return the strings of a request that are not secret: types, and names of objects, fields, labels and entries."""
    for state in secret_values.states(req):
        yield from state.resources
    yield from (*req.required_resources, *req.extra_resources, *req.required_schemas, *req.credentials)
    for struct in secret_values.structs(req):
        for each in secret_values.below(struct):
            yield from secret_values.type_of(each)
            yield from (name for name in each.fields if _WORD.fullmatch(name))
            metadata = secret_values.struct_in(each, "metadata")
            if metadata is not None:
                named = [metadata.fields[name] for name in ("name", "namespace") if name in metadata.fields]
                yield from (value.string_value for value in named)
                for field in ("labels", "annotations"):
                    yield from _keys(secret_values.struct_in(metadata, field))
        for each in secret_values.secrets_in(struct):
            for field in ("data", "stringData"):
                yield from _keys(secret_values.struct_in(each, field))


def _keys(struct: struct_pb2.Struct | None) -> Iterable[str]:
    return () if struct is None else struct.fields


def _scrub(struct: struct_pb2.Struct, scrub: Scrubber) -> None:
    for name in list(struct.fields):
        _scrub_value(struct.fields[name], scrub)
        scrubbed = scrub(name)
        if scrubbed != name:
            struct.fields[scrubbed].CopyFrom(struct.fields[name])
            del struct.fields[name]


def _scrub_value(value: struct_pb2.Value, scrub: Scrubber) -> None:
    match value.WhichOneof("kind"):
        case "string_value":
            scrubbed = scrub(value.string_value)
            if scrubbed != value.string_value:
                value.string_value = scrubbed
        case "number_value":
            digits = secret_values.digits(value.number_value)
            placeholder = scrub.whole(digits)
            if placeholder is not None:
                value.number_value = secret_values.number(placeholder)
        case "struct_value":
            _scrub(value.struct_value, scrub)
        case "list_value":
            for item in value.list_value.values:
                _scrub_value(item, scrub)
        case _:
            pass


def _encoded(texts: Iterable[str]) -> Iterator[bytes]:
    return (text.encode(errors="surrogateescape") for text in texts)
