"""Reconcile XRs while the function's processes are killed, stopped and starved, and check every answer whole.

    run ----> right_outputs: what an undisturbed function says to each reconcile, computed ahead
      |\\----> callers: the reconciles of `work`, several at a time, each tried until it is answered
      | \\---> injector --> faults, starvation: what is done to which process, every few seconds
      |  \\--> supervised: the function, a process of its own, started again when it ends
      \\----> report: outcomes, recovery, memory and latency

A wrong answer, an answer of another XR, a status but UNAVAILABLE and
DEADLINE_EXCEEDED, a server that ends by itself and a process that is left over
are violations.
"""
