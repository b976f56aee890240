"""Raises when it is imported."""

msg = "the settings of this chart\nare not there"
raise LookupError(msg)
