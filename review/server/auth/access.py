"""How people are let in: by nobody's leave on this machine alone, by a password, or by an OpenID provider."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from review.accounts.types import Person, Role
from review.errors import ReviewError

LOCAL_PERSON = Person(id="local", name="本机", role=Role.ADMIN)
_LOOPBACK_NAMES = frozenset({"localhost", "localhost."})
# Who has several groups has the role that may do most.
_MOST_FIRST = (Role.ADMIN, Role.SENIOR, Role.REVIEWER, Role.AUDITOR)


class Auth(StrEnum):
    """Who is asked for what; `none` serves this machine alone."""

    NONE = "none"
    LOCAL = "local"
    OIDC = "oidc"


class AccessError(ReviewError):
    """The settings would let in the wrong people; the operator corrects them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """An OpenID provider, and what its word is worth here.

    `role_claim`: the claim whose values `roles` maps to roles; empty: roles are kept here. `default_role` is given
    to people who are seen for the first time; None: only who has an account is let in.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    role_claim: str = ""
    roles: Mapping[str, Role] = field(default_factory=dict)
    default_role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who is let in, and by whom; AccessError if `oidc` is missing where it is needed."""

    auth: Auth = Auth.NONE
    oidc: OidcSettings | None = None

    def __post_init__(self) -> None:
        if self.auth is Auth.OIDC and (self.oidc is None or not self.oidc.issuer or not self.oidc.client_id):
            raise AccessError("auth oidc: needs the settings oidc_issuer and oidc_client_id; set them")

    def check_bound(self, host: str) -> None:
        """AccessError if everybody who reaches this address would be an administrator."""
        if self.auth is Auth.NONE and not is_loopback(host):
            raise AccessError(
                f"host {host}: auth none lets in whoever reaches it, so it serves loopback addresses only; set auth "
                "to local (accounts: zhenyan people add) or oidc, or host to 127.0.0.1"
            )


def is_loopback(host: str) -> bool:
    """Whether the name or address is this machine itself."""
    name = host.strip().strip("[]").lower()
    if name in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def role_of(claims: Mapping[str, object], settings: OidcSettings) -> Role | None:
    """The role that the provider's claims give; None: none of them is mapped to one."""
    given = claims.get(settings.role_claim)
    values = given if isinstance(given, list) else [given]
    named = {settings.roles[value] for value in values if isinstance(value, str) and value in settings.roles}
    return next((role for role in _MOST_FIRST if role in named), None)
