"""Calls to jsii's kernel, faster than by jsii's own code.

jsii converts each request to plain data and each reply to a typed object, field
by field with cattrs: a third of what a call costs in Python. A chart makes few
kinds of calls, all of them flat, which are written directly here. jsii's own
code handles all other requests, and converts values, errors and callbacks.
"""

# jsii has no public name and no types for any of this. Its version is pinned, and tests compare both ways.
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

from cdk8s_function.kernel.node.out_of_step import OutOfStepError

_REQUESTS: Mapping[type[Any], tuple[str, tuple[str, ...]]] = {
    api.CreateRequest: ("create", ("fqn", "args", "overrides", "interfaces")),
    api.GetRequest: ("get", ("objref", "property")),
    api.StaticGetRequest: ("sget", ("fqn", "property")),
    api.InvokeRequest: ("invoke", ("objref", "method", "args")),
    api.StaticInvokeRequest: ("sinvoke", ("fqn", "method", "args")),
}
"""How the kernel calls a request, and its fields: `packages/@jsii/kernel/src/api.ts` of jsii."""


_NO_MEMORY = re.compile(r"\bENOMEM\b|Cannot allocate memory|Failed to allocate memory|Array buffer allocation failed")
"""Errors for lack of memory: libuv's and libc's ENOMEM, Node.js's ERR_MEMORY_ALLOCATION_FAILED, and V8's."""


_MOST_CALLBACKS = 10_000
"""JavaScript may catch the error of an abandoned callback, and call back again."""

_DONE = b'{"ok":{}}\n'
"""The kernel's reply without a result, which needs no decoding."""


class Link:
    """Talks to the kernel instead of jsii's `_NodeProcess`.

    Args:
        node: jsii's `_NodeProcess`, already started.
    """

    def __init__(self, node: Any) -> None:
        """Share the process."""
        self._node = node
        self._traces_stack = stack_trace.is_enabled()
        self._posted: Sequence[Mapping[str, Any]] = ()
        # The callbacks that the kernel waits for, the innermost last.
        self._callbacks: list[str] = []

    def stop(self) -> None:
        """End Node.js, once all that it printed has been printed here."""
        self._node.stop()

    def send(self, request: Any, response_type: type[Any]) -> Any:
        """Send a request and return its reply, as jsii's own `send` does.

        Raises:
            MemoryError: If Node.js has no memory for it, which is not the chart's fault.
        """
        try:
            response = self._sent(request, response_type)
        except (RuntimeError, errors.JSIIError) as error:
            if _NO_MEMORY.search(str(error)):
                raise MemoryError(str(error)) from error
            raise
        if isinstance(response, api.Callback):
            self._callbacks.append(response.cbid)
        return response

    def _sent(self, request: Any, response_type: type[Any]) -> Any:
        if self._posted:
            self.settle()
        if type(request) is process._CompleteRequest:
            done = request.complete
            self._write({"complete": {"cbid": done.cbid, "err": done.err, "result": done.result}})
            self._callbacks.remove(done.cbid)
        elif type(request) in _REQUESTS:
            name, fields = _REQUESTS[type(request)]
            message = {"api": name, **{field: getattr(request, field) for field in fields}}
            if self._traces_stack:
                message["$jsii.stacktrace"] = stack_trace.capture_stack_trace()
            self._write(message)
        else:
            return self._node.send(request, response_type)
        reply = self._read()
        if "ok" in reply:
            return _typed(reply["ok"], response_type)
        if "callback" in reply:
            return self._node._serializer.structure(reply["callback"], api.Callback)
        error = errors.JSIIError if reply["name"] == errors.ErrorType.JSII_FAULT.value else RuntimeError
        raise error(reply["error"]) from errors.JavaScriptError(reply["stack"])

    def abandon(self) -> None:
        """End the callbacks that Python left without a result.

        A chart leaves one by sys.exit(), or by a result that can't be written as
        JSON. The kernel would wait for its end within all that it does afterwards.

        Raises:
            OutOfStepError: If the kernel calls back again and again.
        """
        self.settle()
        for _ in range(_MOST_CALLBACKS):
            if not self._callbacks:
                return
            self._write({"complete": {"cbid": self._callbacks.pop(), "err": "abandoned", "result": None}})
            reply = self._read()
            if "callback" in reply:
                self._callbacks.append(reply["callback"]["cbid"])
        msg = f"jsii's kernel still waits for callbacks after the end of {_MOST_CALLBACKS}"
        raise OutOfStepError(msg)

    def post(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Send requests that return nothing, and do not wait until they are done: see `settle`.

        Args:
            messages: Requests as the kernel reads them, together no more than a pipe holds.

        Raises:
            OutOfStepError: If the previous requests were not done.
        """
        self.settle()
        self._write(*messages)
        self._posted = messages

    def settle(self) -> None:
        """Read the replies to posted requests.

        The next request does so too, but then an error would seem to be the chart's.

        Raises:
            OutOfStepError: If one was not done.
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
    """Use this link for all of this process's calls, and raise an exception for NaN or infinity in one.

    Returns:
        The link.
    """
    # jsii writes NaN as Python does, which is not JSON, and its kernel crashes on it.
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
