"""The child process that runs charts.

`loop` is its main loop: import the charts, then synthesise one XR after another.
`loader` imports a chart's class, `synth` makes its objects, `identity` gives them
stable names, and `chart_errors` puts what a chart raised on one line.

Runs as `python -m cdk8s_function.worker`, started by the pool. It never imports gRPC.
"""
