"""Attacks on a served function, and what came of each."""
