"""Make text from outside safe to print on one line of a log, a condition or a terminal."""


def line(text: str, *, limit: int) -> str:
    r"""Return a text on one line: cut if it is long, and with escapes (`\n`, `\x1b`) for characters that do not print.

    Args:
        text: The text, whoever wrote it.
        limit: How many of its characters are shown.
    """
    shown = text if len(text) <= limit else f"{text[:limit]}…"
    if shown.isprintable():
        return shown
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in shown)
