"""Which policy an order means: by name, by version, or by hash, among those that people put in force."""

import re
from collections.abc import Callable, Iterator

from claims.policy.policy import Policy
from review.api_errors import OrderRefused
from review.policies.lifecycle import history
from review.policies.repository import PolicyStore, PolicyVersion

_HASH = re.compile(r"[0-9a-f]{12,64}")
_MOST_NAMED = 5


def reference(name: str, digest: str) -> str:
    """How an order keeps the policy that it is judged by, so that another of the same name is never taken for it."""
    return f"{name}#{digest}"


def digest_of(reference: str) -> str:
    """The hash in what `reference` made."""
    return reference.rpartition("#")[2]


def no_policies(wanted: str) -> str:
    """OrderRefused: this server judges nothing."""
    raise _refused(wanted, "no policy can be named here; leave it out")


class UsablePolicies:
    """The policies that an order may name: the one in force, and those before it that were not rolled back.

    `own`: the policy that is in force while nothing went live, or always, where `is_fixed` (by the setting
    `policy_dir`).
    """

    def __init__(self, store: PolicyStore, own: Callable[[], Policy], *, is_fixed: bool = False) -> None:
        self._store = store
        self._own = own
        self._is_fixed = is_fixed

    def __call__(self, wanted: str) -> str:
        """The reference of what is named as `zh-CN@2026.11.1`, its hash (12 digits or more), or both (`name#hash`).

        Of two with one name the one that went live later is meant. OrderRefused says why none is.
        """
        name, _, digest = wanted.rpartition("#")
        if not name and not _HASH.fullmatch(digest):
            name, digest = digest, ""
        if digest and not _HASH.fullmatch(digest):
            raise _refused(wanted, "what follows # is 12 to 64 digits of the policy's SHA-256")
        versions = {version.digest: version for version in self._store.versions()}
        usable = list(self._usable(versions))
        for found_name, found_digest in usable:
            if name in ("", found_name) and found_digest.startswith(digest):
                return reference(found_name, found_digest)
        stored = [v for v in versions.values() if name in ("", v.name) and v.digest.startswith(digest)]
        if stored:
            raise _refused(wanted, f"{self._why_not(stored)}; leave it out, or name one of {_named(usable)}")
        raise OrderRefused("policy", f"{wanted!r}: there is none; it may be {_named(usable)}", code="unknown_policy")

    def _usable(self, versions: dict[str, PolicyVersion]) -> Iterator[tuple[str, str]]:
        """Name and hash, the one in force first."""
        for digest in [None] if self._is_fixed else reversed(history(self._store.moves())):
            if digest is None:
                own = self._own()
                yield own.name, own.digest
            elif digest in versions:
                yield versions[digest].name, digest

    def _why_not(self, stored: list[PolicyVersion]) -> str:
        if self._is_fixed:
            return "the settings of this server name the policy, and no other is used"
        moved = {move.digest for move in self._store.moves() if move.state == "live"}
        if any(version.digest in moved for version in stored):
            return "it was rolled back"
        return "it was handed in, but never went live: that takes two people"


def _refused(wanted: str, why: str) -> OrderRefused:
    return OrderRefused("policy", f"{wanted!r}: {why}", code="policy_not_usable")


def _named(usable: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name}#{digest[:12]}" for name, digest in usable[:_MOST_NAMED])
