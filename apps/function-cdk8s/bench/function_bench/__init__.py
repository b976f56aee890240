"""Measure function-cdk8s beside its peers: latency, throughput, cold start and memory, in one run on one machine.

    rounds, soak, scale ---> served: the contender's server, one at a time
         |             \\--> footprint: memory and CPU of its process tree
         \\----------------> caller: the client, a process of its own, the same for all

Each contender composes the same objects for the same XRs (`workloads/*.yaml`),
and every answer is checked. Traffic stays on the loopback interface.
docs/performance.md says what each figure means.
"""
