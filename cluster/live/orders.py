"""From an order to a screening: what is judged by lies beside the recording before the first segment."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cluster.errors import ClusterError
from cluster.live.types import ServiceConfig
from cluster.stages.checkpoint import Versions, program_version
from cluster.stages.policies import LoadedPolicies, pinned_folder
from cluster.types import ScreenJob
from review.evidence.basis import keep_basis
from review.policies.errors import UnknownPolicyError
from review.policies.repository import PolicyStore
from review.scheduling.types import Order
from review.scheduling.worker_feed import Feeding
from review.stream_store.queries import StreamQueries


class OrderUnusable(ClusterError):
    """What was ordered can't be screened, however often it is tried; the customer can act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedScreening:
    """A screening, and by which versions of everything it judges."""

    job: ScreenJob
    versions: Versions


def prepare_screening(
    order: Order,
    config: ServiceConfig,
    streams: StreamQueries,
    policy_store: PolicyStore,
    feeding: Feeding,
    policies: LoadedPolicies,
) -> PreparedScreening:
    """The screening that was ordered, its passports materialised. Raises OrderUnusable."""
    stream = streams.stream(order.stream_id)
    texts = feeding.passports(order)
    missing = [product_id for product_id, version in order.products if version not in texts]
    if missing or not texts:
        raise OrderUnusable(f"the passport of product {', '.join(missing) or '(none)'} is not registered; register it")
    recording_dir = config.data_dir / "recordings" / order.stream_id
    passports_file = recording_dir.with_name(f"{order.stream_id}.passports.json")
    recording_dir.mkdir(parents=True, exist_ok=True)
    content = json.dumps([json.loads(text) for text in texts.values()], ensure_ascii=False)
    _replace(passports_file, content)
    keep_basis(recording_dir, texts, (fact for _, fact in feeding.facts(order.stream_id)))
    values: dict[str, Any] = dict(config.job) | {"database_url": config.database_url, "data_dir": config.data_dir}
    job = ScreenJob(
        stream_id=order.stream_id,
        source=order.url,
        recording_dir=recording_dir,
        passports_file=passports_file,
        policy_dir=_policy_of(order, config, policy_store, policies),
        tenant_id=stream.tenant_id,
        at=stream.started_at or datetime.fromtimestamp(order.created_at_ms / 1000, UTC),
        allow_net=config.allow_net,
        max_ms=order.max_ms,
        depth=order.depth,
        clips_dir=config.data_dir / "clips",
        **values,
    )
    versions = Versions(
        program=program_version(),
        policy=policies.digest(job.policy_dir),
        passports=hashlib.sha256(content.encode()).hexdigest(),
    )
    return PreparedScreening(job=job, versions=versions)


def _policy_of(order: Order, config: ServiceConfig, policy_store: PolicyStore, policies: LoadedPolicies) -> Path | None:
    """The folder of the policy that the order pins, else of the one in force; None: the packaged one."""
    try:
        return pinned_folder(order.policy, config.policy_dir, config.data_dir, policy_store, policies)
    except UnknownPolicyError as error:
        raise OrderUnusable(f"policy {order.policy!r} is not there; order one that is, or none") from error


def _replace(path: Path, content: str) -> None:
    beside = path.with_name(path.name + ".part")
    beside.write_text(content, encoding="utf-8")
    beside.replace(path)
