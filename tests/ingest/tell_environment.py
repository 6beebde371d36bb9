"""A child that tells the names of its environment variables, one a line."""

import os
import sys

sys.stdout.write("\n".join(os.environ))
