"""jsii's kernel in a Node.js process, as cdk8s' Python classes reach it.

`runtime` chooses the Node.js, `assembly` loads this library's own JavaScript
(the folder `javascript`), `kernel_link` is the pipe to the process,
`references` frees the objects that a synthesis made, `type_checks` keeps jsii
from checking the same types again. `without_mock` and `without_provider` keep it
from importing much that is not needed yet.

Runs in worker processes.
"""
