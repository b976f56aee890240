"""The kuttl suites of a stack, run against a real cluster.

builds ──▶ cluster up ──▶ images and packages into its registry ──▶ kuttl, a case at a time ──▶ report
"""
