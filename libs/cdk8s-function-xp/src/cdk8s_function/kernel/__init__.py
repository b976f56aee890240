"""What runs cdk8s.

cdk8s and constructs are JavaScript libraries whose Python classes call a jsii
kernel. `node` is that kernel in a Node.js process.

Runs in worker processes. The server never imports it.
"""
