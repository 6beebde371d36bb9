"""Child processes that parse hostile bytes: limits, bubblewrap, and what parent and child say to each other.

`process` starts them, `child` is the child's side, `protocol` and `answers` the messages and their checks; `warm` keeps
one that forks for each request, `forking` is its side. Knows nothing of what is parsed. May import `errors` and
`types`.
"""
