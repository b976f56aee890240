"""Charts whose import fails, a module each, and one sound chart of a name that fixture-charts has too."""
