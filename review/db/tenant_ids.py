"""How customers and their hosts are told apart in stored ids."""

LOCAL_TENANT = "local"
# Hosts are named without a stroke, which stands behind the customer's id where they are kept.
HOST_ID = r"^[^\x00/]+$"


def stored_host(tenant_id: str, host_id: str) -> str:
    """The host's id as it is kept."""
    return host_id if tenant_id == LOCAL_TENANT else f"{tenant_id}/{host_id}"


def shown_host(tenant_id: str | None, host_id: str) -> str:
    """The host's id as this tenant gave it; as it is kept for who sees every tenant's."""
    if tenant_id is None or tenant_id == LOCAL_TENANT:
        return host_id
    return host_id.removeprefix(f"{tenant_id}/")
