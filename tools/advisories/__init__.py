"""Asks the advisory databases of Python, JavaScript and Go about everything that the workspace takes from them.

A database that can't be reached, or that knows nothing of a package everybody knows to be vulnerable, as an index that
does not pass advisories on, gives no result: the audit reports what it could not look up.
"""
