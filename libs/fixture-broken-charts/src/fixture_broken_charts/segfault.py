"""Crashes the process that imports it, as a broken extension module does."""

import ctypes
import faulthandler

faulthandler.disable()
ctypes.string_at(0)
