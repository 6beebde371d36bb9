"""The packaged policy, as the tests of claims have it."""

from tests.claims.conftest import policy

__all__ = ["policy"]
