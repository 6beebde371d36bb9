"""Benchmarks, each ours beside its peer in one run."""
