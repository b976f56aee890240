"""Sizes of memory and of text, in bytes."""

KIB = 1 << 10
MIB = 1 << 20
