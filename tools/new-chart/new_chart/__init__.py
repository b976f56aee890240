"""A new chart library in this workspace, of the template of `function-cdk8s init`.

`library` writes it, and makes of it a member of the workspace whose tests pass.
"""
