"""Attack a served function, and say what came of each attack. Traffic stays on the loopback interface.

The servers and the calls are the benchmark's: function_bench has to be importable.
"""
