"""Passwords, hashed by argon2id with the parameters of RFC 9106's second choice, which the library defaults to."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_CHARS = 12
_HASHER = PasswordHasher()
# Verified against where no account is, so that the time taken tells nothing about which accounts exist.
_NOBODY = _HASHER.hash("no account has this password")


def hash_password(password: str) -> str:
    """The hash to store; it holds its own salt and parameters."""
    return _HASHER.hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether this is the password; takes as long where there is none."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)
