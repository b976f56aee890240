"""What is installed: which charts there are, in which environments, and whether they are what their wheels say.

The server reads it at its start and when folders change, a worker before it
imports a chart, and so do the commands that run charts. No module of a chart is
imported here.
"""
