"""The command line `zhenyan`: `main` finds the command, `commands` has one file for each of them."""
