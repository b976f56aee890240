"""A new chart library, made of the one in the folder `template`.

`names` decides what its parts are called, `template` writes its files, and
`library` makes of them a member of the workspace whose tests pass.
"""
