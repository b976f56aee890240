"""What runs cdk8s.

cdk8s and constructs are JavaScript libraries whose Python classes call a jsii
kernel. `native` is that kernel in Python, `node` the one in a Node.js process,
and `switch` chooses between them.

Runs in worker processes. The server never imports it.
"""
