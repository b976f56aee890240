"""The way to jsii's kernel and back, shorter than jsii's own.

jsii makes plain data of each request and a typed answer of each reply, field by
field with cattrs: a third of what a call costs in Python. A chart makes a few
kinds of calls, all of them flat, which are written here as they are. All other
requests go jsii's way, and so does what jsii makes of values, errors and
callbacks.
"""

# jsii has no public name and no types for any of this. Its version is pinned, and tests compare this way with its own.
# ruff: noqa: ANN401, SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import functools
import json
import re
import types
from collections.abc import Mapping, Sequence
from typing import Any

import jsii
from jsii import _stack_trace as stack_trace
from jsii import errors
from jsii._kernel import types as api
from jsii._kernel.providers import process

_REQUESTS: Mapping[type[Any], tuple[str, tuple[str, ...]]] = {
    api.CreateRequest: ("create", ("fqn", "args", "overrides", "interfaces")),
    api.GetRequest: ("get", ("objref", "property")),
    api.StaticGetRequest: ("sget", ("fqn", "property")),
    api.InvokeRequest: ("invoke", ("objref", "method", "args")),
    api.StaticInvokeRequest: ("sinvoke", ("fqn", "method", "args")),
}
"""How the kernel calls a request, and its fields: `packages/@jsii/kernel/src/api.ts` of jsii."""


_NO_MEMORY = re.compile(r"\bENOMEM\b|Cannot allocate memory|Failed to allocate memory|Array buffer allocation failed")
"""What Node.js goes on after: libuv's and libc's words for ENOMEM, Node.js's ERR_MEMORY_ALLOCATION_FAILED, and V8's."""


_DONE = b'{"ok":{}}\n'
"""How the kernel says that it is done and has nothing to tell: what needs no decoding."""


class OutOfStepError(Exception):
    """The kernel's answer is none to what it was asked."""


class Link:
    """Talks to the kernel in the place of jsii's `_NodeProcess`.

    Args:
        node: jsii's own, whose process runs.
    """

    def __init__(self, node: Any) -> None:
        """Share the process."""
        self._node = node
        self._traces_stack = stack_trace.is_enabled()
        self._posted: Sequence[Mapping[str, Any]] = ()

    def send(self, request: Any, response_type: type[Any]) -> Any:
        """Send a request and return its reply, as jsii's own `send` does.

        Raises:
            MemoryError: If Node.js has no memory for it: that is of this process, not of the chart.
        """
        try:
            return self._sent(request, response_type)
        except (RuntimeError, errors.JSIIError) as error:
            if _NO_MEMORY.search(str(error)):
                raise MemoryError(str(error)) from error
            raise

    def _sent(self, request: Any, response_type: type[Any]) -> Any:
        if self._posted:
            self.settle()
        if type(request) not in _REQUESTS:
            return self._node.send(request, response_type)
        name, fields = _REQUESTS[type(request)]
        message = {"api": name, **{field: getattr(request, field) for field in fields}}
        if self._traces_stack:
            message["$jsii.stacktrace"] = stack_trace.capture_stack_trace()
        self._write(message)
        reply = self._read()
        if "ok" in reply:
            return _typed(reply["ok"], response_type)
        if "callback" in reply:
            return self._node._serializer.structure(reply["callback"], api.Callback)
        error = errors.JSIIError if reply["name"] == errors.ErrorType.JSII_FAULT.value else RuntimeError
        raise error(reply["error"]) from errors.JavaScriptError(reply["stack"])

    def post(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Send requests that need no answer but that they are done, and do not wait for that: see `settle`.

        Args:
            messages: Requests as the kernel reads them, in all no more than a pipe holds.

        Raises:
            OutOfStepError: If what was posted before is not done.
        """
        self.settle()
        self._write(*messages)
        self._posted = messages

    def settle(self) -> None:
        """Take the answers to what was posted.

        The next request does so too, but then a chart would seem to have failed.

        Raises:
            OutOfStepError: If something is not done.
        """
        posted, self._posted = self._posted, ()
        for message in posted:
            reply = self._node._process.stdout.readline()
            if reply != _DONE and "ok" not in _decode(reply.decode()):
                msg = f"jsii's kernel refused {message}: {reply.decode(errors='replace')}"
                raise OutOfStepError(msg)

    def _write(self, *messages: Mapping[str, Any]) -> None:
        pipe = self._node._process.stdin
        pipe.write("".join(f"{_encode(message)}\n" for message in messages).encode())
        pipe.flush()

    def _read(self) -> dict[str, Any]:
        return _decode(self._node._process.stdout.readline().decode())


class _Provider(process.ProcessProvider):
    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def _process(self) -> Any:
        return self._link


def take_over() -> Link:
    """Let all of this process's calls go the shorter way from now on, and NaN or infinity in one be an exception.

    Returns:
        The link they go by.
    """
    # jsii writes NaN as Python does, which is no JSON, and its kernel ends over it.
    strict = functools.partial(json.dumps, allow_nan=False)
    process.json = types.SimpleNamespace(loads=json.loads, dumps=strict)  # pyright: ignore[reportPrivateImportUsage]
    provider: Any = jsii.kernel.provider
    link = Link(provider._process)
    jsii.kernel.provider = _Provider(link)
    return link


def _typed(done: Any, response_type: type[Any]) -> Any:
    if response_type is api.CreateResponse:
        return api.CreateResponse(ref=done.ref)
    if response_type is api.GetResponse:
        return api.GetResponse(done.get("value"))
    return api.InvokeResponse(done.get("result"))


def _plain(value: Any) -> Any:
    if isinstance(value, api.Override):
        return {"method": value.method, "property": value.property, "cookie": value.cookie}
    if isinstance(value, api.ObjRef):
        return process._unstructure_ref(value)
    return process.jdefault(value)


_encode = json.JSONEncoder(default=_plain, allow_nan=False, separators=(",", ":")).encode
_decode = json.JSONDecoder(object_hook=process.ohook).decode
