"""Passwords, hashed by argon2id with the parameters of RFC 9106's second choice, which the library defaults to."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_CHARS = 12
_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """The hash to store; it holds its own salt and parameters."""
    return _HASHER.hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether this is the password; takes as long where there is none."""
    nobody = _nobody()
    try:
        return _HASHER.verify(stored or nobody, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _nobody() -> str:
    """Verified against where no account is, so that the time taken tells nothing about which accounts exist.

    Made at the first login of all, of whomever: most processes ask for no password and would pay for a hash.
    """
    return _HASHER.hash("no account has this password")
