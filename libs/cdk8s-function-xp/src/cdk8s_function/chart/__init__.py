"""What a chart declares, reads and sets.

The contract between charts and the function: the kind of XR a chart composes
(`composite_type`), the object it gets as its last argument (`composite`), what
it sets on that (`statements`), its views of the cluster (`views`), the log of what it
read (`read_log`), the checks of its spec (`spec_validation`, `validation_errors`), and
the values it sets as JSON (`json_values`). The names that charts may use are exported by
`cdk8s_function` itself.

Runs in worker processes; the server uses the types and the validation only.
"""
