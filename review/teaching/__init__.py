"""What people's decisions teach: how right each rule is, where findings are, which words it misses."""
