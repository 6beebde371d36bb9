"""One file for each command of `zhenyan`; may import every other room of `cli`."""
