"""The error that ends a render."""


class RenderError(Exception):
    """Nothing can be rendered; `str()` is one line for a user."""
