"""Requests recorded for replay, without their secrets.

`recorder` stands before the runner and records the requests of XRs annotated for
it; `redaction` finds `secret_values` and replaces them by `placeholders` of the
same shape; `recording` is the text that goes to the log and that a render replays.

Runs in the server, in a thread beside its event loop.
"""
