"""One reconcile of an XR, as Crossplane does it, with no cluster.

    Inputs -> reconcile -> pipeline -> RunFunction (given by the caller: the server's own code, and the chart)
                  |
                  +-> composed, rendered_xr, conditions, events

What it applies and reports is what `crossplane composition render` prints.
Facts on what Crossplane does name the file of Crossplane that decides them.
Runs in the process of `function-cdk8s render`, and in that of a chart's tests.
"""
