"""What ends a render."""


class RenderError(Exception):
    """Nothing can be rendered; `str()` is one line fit for a user."""
