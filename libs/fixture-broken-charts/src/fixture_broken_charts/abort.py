"""Ends the process that imports it with a signal."""

import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
