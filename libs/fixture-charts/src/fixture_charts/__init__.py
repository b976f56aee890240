"""Charts for the function's tests: each does one thing, most of them wrong, on purpose.

A test names the chart and, where a family of faults has several members, the
`mode` in the XR's spec. None of this is an example of how to write a chart; see
libs/example-web-service for that.
"""
