"""What a customer has after a day: an ordered broadcast with a finding, its clip, a case, a passport, a webhook."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from claims.types import Finding
from ingest.types import Segment
from review.reanalyses.types import NewReanalysis
from review.stores import Stores
from tests.review.server.api.conftest import ORDER, PASSPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """The ids of a customer's things, as the customer knows them."""

    values: dict[str, str]

    def fill(self, path: str) -> str:
        """The path with these ids; `none` where a parameter is of something else."""
        known = _Known(self.values)
        return path.replace(":path", "").format_map(known)

    def bodies(self) -> dict[str, Any]:
        """A body that is taken, by route."""
        fact = {"at_ms": 1000, "kind": "stock", "product_id": "P-1", "value": 1}
        decision = {"version": 1, "request_id": "r1", "choice": "violates", "reason": "as_found"}
        return {
            "POST /v1/streams": ORDER,
            "PUT /v1/streams/{stream_id}/facts": fact,
            "PUT /v1/streams/{stream_id}/on-sale": {"product_id": "P-1"},
            "PUT /v1/passports/{product_id:path}": PASSPORT,
            "POST /v1/cases/{case_id}/decisions": decision,
            "POST /v1/reanalyses": {"stream_id": self.values["stream_id"], "passports": [{"product_id": "P-1"}]},
            "POST /v1/complaints": {"stream": self.values["stream_id"], "at": 1000, "text": "假的"},
        }


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "none"


def have_a_day(
    tenant_id: str,
    client: httpx.Client,
    stores: Stores,
    data_dir: Path,
    make_finding: Callable[..., Finding],
    make_segment: Callable[..., Segment],
) -> Owned:
    """Makes all that for this customer, over the interface where there is one."""
    passport = PASSPORT | {"brand": tenant_id, "name": f"{tenant_id} charger"}
    assert client.put("/v1/passports/P-1", json=passport).status_code == 201
    host = {"id": "h1", "name": f"{tenant_id} host", "platform": "example-live"}
    answer = client.post("/v1/streams", json=ORDER | {"host": host, "external_id": f"{tenant_id}-room"})
    assert answer.status_code == 201, answer.text
    stream_id = answer.json()["stream_id"]
    stores.stream_writer.add_segments([make_segment(number, stream_id=stream_id) for number in range(20)])
    finding_id = f"f_{tenant_id}"
    clip = f"clips/{finding_id}.mp4"
    said = f"{tenant_id} says a hundred watts"
    found = make_finding(finding_id=finding_id, stream_id=stream_id, product_id="P-1", clip=clip, quote=said)
    stores.stream_writer.add_findings([found])
    (data_dir / "clips").mkdir(parents=True, exist_ok=True)
    (data_dir / clip).write_bytes(b"clip of " + tenant_id.encode())
    case_id = stores.cases.case_of(finding_id)
    assert case_id is not None
    hook = client.post("/v1/webhooks", json={"url": f"http://127.0.0.1:8080/{tenant_id}"})
    values = {"stream_id": stream_id, "finding_id": finding_id, "case_id": case_id, "host_id": "h1"}
    reanalysis_id, _ = stores.reanalyses.place(NewReanalysis(tenant_id=tenant_id, stream_id=stream_id), tenant_id)
    values |= {"reanalysis_id": reanalysis_id}
    values |= {"product_id": "P-1", "code": "9520000000011", "webhook_id": str(hook.json().get("id", "none"))}
    return Owned(values=values)
