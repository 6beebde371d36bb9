"""What people see who work for some customers alone: pages that hold to it, and none of another customer's things.

Pages are closed to them unless they stand in `PAGES` or `LOOKED_AT`; the routes of programs hold to one customer, as
for a key.
"""

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from review.accounts.types import Person
from review.db.tenant_ids import LOCAL_TENANT
from review.errors import Forbidden
from review.tenants.keys import KeyStore
from review.tenants.reach import OWNERS, OutOfReach, Reach
from review.tenants.types import Tenant

TENANT_HEADER = "Zhenyan-Tenant"
# Each holds to the customers of whoever looks: its lists do, and each id in its address is looked at here.
PAGES = frozenset(
    {
        *("/", "/cases/{case_id}", "/cases/{case_id}/hits/{finding_id}"),
        *("/cases/{case_id}/claim", "/cases/{case_id}/release", "/cases/{case_id}/undo", "/cases/{case_id}/reopen"),
        *("/next", "/cases/{case_id}/give", "/cases/{case_id}/put-off", "/cases/{case_id}/take-up"),
        *("/cases/{case_id}/leave", "/cases/{case_id}/proposals", "/cases/{case_id}/proposals/preview"),
        *("/cases/{case_id}/hits/{finding_id}/correction",),
        *("/bulk", "/bulk/preview", "/views", "/views/drop"),
        *("/findings", "/findings/{finding_id}", "/partials/findings", "/partials/summary", "/partials/queue"),
        *("/partials/findings/{finding_id}/card", "/partials/findings/{finding_id}/context"),
        *("/partials/findings/{finding_id}/player", "/stream/queue"),
        *("/hosts/{host_id:path}", "/hosts/{host_id:path}/propose", "/hosts/{host_id:path}/measures"),
        *("/measures", "/measures/{measure_id}", "/measures/{measure_id}/notice.pdf"),
        *("/measures/{measure_id}/files/{sha256}", "/measures/{measure_id}/approve", "/measures/{measure_id}/reject"),
        *("/measures/{measure_id}/link", "/appeals", "/appeals/{appeal_id}", "/appeals/{appeal_id}/decision.pdf"),
        *("/appeals/{appeal_id}/decide", "/words", "/words/remove", "/webhooks", "/webhooks/{webhook_id}"),
        *("/webhooks/{webhook_id}/redeliver", "/webhooks/{webhook_id}/enable", "/tenants", "/tenants/{tenant_id}"),
        *("/dashboards", "/dashboards/{name}.csv", "/teaching", "/proposals/{proposal_id}/withdraw", "/learning"),
        *("/quality", "/quality/people", "/quality/me"),
        *("/before", "/before/catalogue", "/codes"),
        *("/reanalyses", "/reanalyses/{reanalysis_id}", "/reanalyses/{reanalysis_id}/cancel"),
        *("/live", "/live/{stream_id}", "/partials/live", "/partials/live/{stream_id}"),
        *("/trends", "/trends/cases"),
        *("/passports", "/passports/{product_id:path}", "/passports/import", "/passports/retire"),
        *("/batches", "/batches/{batch_id}", "/decisions", "/decisions.csv"),
        *("/password", "/logout", "/notifications"),
    }
)
# These too, where they are looked at; what is sent to them is about all customers.
LOOKED_AT = frozenset({"/quality/bar"})
_LOOKS = frozenset({"GET", "HEAD"})
# What pages call the ids that stand behind the question mark.
_ASKED = {"case": "case_id", "hit": "finding_id", "stream": "stream_id"}


async def check_page(request: Request, person: Person) -> None:
    """Forbidden where the page is of all customers; OutOfReach for a thing that is none of the person's customers'."""
    if person.tenants is None:
        return
    path = request.scope["route"].path
    if path not in PAGES and not (path in LOOKED_AT and request.method in _LOOKS):
        raise Forbidden("this page is about all customers, and your account works for some; ask an administrator")
    reach: Reach = request.app.state.reach
    named = [(name, str(id_)) for name, id_ in request.path_params.items() if name in OWNERS]
    named += [(_ASKED[name], id_) for name, id_ in request.query_params.items() if name in _ASKED and id_]
    for name, id_ in named:
        await run_in_threadpool(reach.check, person, name, id_)


def own_tenant(person: Person, tenant_id: str = "") -> str:
    """The customer for whom a page is shown: the one that is named, else the person's first, else this installation's.

    OutOfReach where the person does not work for it.
    """
    if not tenant_id:
        return min(person.tenants or (LOCAL_TENANT,))
    if not person.works_for(tenant_id):
        raise OutOfReach("tenant_id", tenant_id)
    return tenant_id


def own_tenants(person: Person, keys: KeyStore) -> list[Tenant]:
    """The customers for whom the person works, by id."""
    return [tenant for tenant in keys.tenants() if person.works_for(tenant.tenant_id)]


async def tenant_for(request: Request, person: Person) -> str | None:
    """The customer in whose name the person asks a route of programs; None: they work for all.

    The one that the header names, else the one whose the thing in the address is, else the first by name. Forbidden
    for one that is none of theirs.
    """
    if person.tenants is None:
        return None
    if (named := request.headers.get(TENANT_HEADER)) is not None:
        if named not in person.tenants:
            raise Forbidden(f"{TENANT_HEADER}: your account does not work for this customer")
        return named
    reach: Reach = request.app.state.reach
    for name, id_ in request.path_params.items():
        # A host's id is as its customer named it, which says nothing of whose it is.
        if name in OWNERS and name != "host_id":
            owners = await run_in_threadpool(reach.owners, name, str(id_))
            if own := sorted(owners & person.tenants):
                return own[0]
    return min(person.tenants)
