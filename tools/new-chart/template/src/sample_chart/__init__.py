"""The chart of a SampleChart: `spec` is its API, `chart` composes."""
