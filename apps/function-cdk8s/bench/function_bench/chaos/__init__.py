"""Reconcile XRs while the function's processes are killed, stopped and starved, and check every answer whole."""
