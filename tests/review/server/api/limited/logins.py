"""People who log in and work for some customers alone."""

from collections.abc import Collection

from review.accounts.store import Login
from review.accounts.types import Role
from review.stores import Stores


def login_of(platform: Stores, role: Role, tenants: Collection[str] | None) -> Login:
    name = f"{role.value}-{'-'.join(tenants or ())}"
    platform.people.log_in_known("test", name, name, name, role)
    platform.people.change(name, actor="test", tenants=tenants)
    return platform.people.log_in_known("test", name, name, name, role)
