"""jsii's kernel in a Node.js process, as cdk8s' Python classes reach it.

`runtime` chooses the Node.js, `assembly` loads this library's own JavaScript
(the folder `javascript`), `kernel_link` is the pipe to the process,
`references` frees the objects that a synthesis made, `type_checks` keeps jsii
from checking the same types again, and `without_mock` from importing much for
what it checks with.

Runs in worker processes.
"""
