"""Texts from outside, made fit for a line of a log, a condition or a terminal."""


def line(text: str, *, limit: int) -> str:
    r"""Return a text on one line: bounded, and with `\n`, `\x1b` and the like for what is no visible sign.

    Args:
        text: The text, whoever wrote it.
        limit: How many of its characters are shown at most.
    """
    shown = text if len(text) <= limit else f"{text[:limit]}…"
    if shown.isprintable():
        return shown
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in shown)
