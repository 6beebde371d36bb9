"""The server of the review side: pages for people, JSON for programs, clips for both."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from claims.law.texts import StatuteTexts
from claims.tenant_words import ALLOWED, WATCHED_CLASS
from review.enforcement.complaint_intake import COMPLAINT_CLASS
from review.presentation.catalogues import in_every_language
from review.presentation.glossary import Glossary
from review.server.api.batches import batches_router
from review.server.api.bulk_passports import bulk_passport_router
from review.server.api.cases import case_api_router
from review.server.api.corrections import corrections_router
from review.server.api.deliveries import deliveries_router
from review.server.api.depths import depths_router
from review.server.api.event_followers import EventTail
from review.server.api.events import events_router
from review.server.api.evidence import evidence_router
from review.server.api.findings import api_router
from review.server.api.hosts import host_api_router
from review.server.api.install import install_platform
from review.server.api.json_bodies import read_by_hand
from review.server.api.ordering import Platform
from review.server.api.passports import passport_router
from review.server.api.quality import quality_api_router
from review.server.api.reanalyses import reanalyses_router
from review.server.api.statistics import statistics_router
from review.server.api.streams import stream_router
from review.server.api.stretches import stretches_router
from review.server.api.suggestions import suggestions_router
from review.server.api.transcripts import transcripts_router
from review.server.api.waiting_readers import Waiting
from review.server.api.webhooks import webhooks_router
from review.server.api.words import words_router
from review.server.assets import STATIC_DIR
from review.server.auth.access import Access, AccessError
from review.server.auth.guard import Gate, install_gate, unguarded
from review.server.headers import SecurityHeaders
from review.server.latency import Latencies, TimedRequests
from review.server.metrics import metrics_router
from review.server.pages.accounts import admin_router
from review.server.pages.analytics import analytics_router
from review.server.pages.batches import batch_pages_router
from review.server.pages.case_changes import QueueEvents
from review.server.pages.corrections import editor_router
from review.server.pages.desk import Desk
from review.server.pages.desk_actions import actions_router
from review.server.pages.duties import duties_router
from review.server.pages.enforcement import Office, office_router
from review.server.pages.error_pages import ErrorPages
from review.server.pages.host import host_router
from review.server.pages.learning import learning_router
from review.server.pages.live import live_router
from review.server.pages.login import login_router
from review.server.pages.logs import logs_router
from review.server.pages.measure_proposal import proposing_router
from review.server.pages.named_queues import named_queues_router
from review.server.pages.notifications import notifications_router
from review.server.pages.passports import passport_pages_router
from review.server.pages.penalty_table import table_router
from review.server.pages.proposals import proposals_router
from review.server.pages.quality import quality_router
from review.server.pages.queue import QueuePart
from review.server.pages.reanalyses import reanalysis_pages_router
from review.server.pages.replays import PolicyDesk, replays_router
from review.server.pages.routes import pages_router
from review.server.pages.settings import SettingInForce, settings_router
from review.server.pages.tenants import tenants_router
from review.server.pages.trends import trends_router
from review.server.pages.webhooks import webhook_pages_router
from review.server.pages.words import words_pages_router
from review.server.prebroadcast import PrebroadcastCheck, prebroadcast_routers
from review.server.problems import Problem, install_problem_handlers
from review.server.request_limits import MOST_BYTES
from review.server.routers import add_router
from review.server.static_files import HashedFiles
from review.stores import Stores
from review.streams.corrections import Judging
from review.streams.tenant_rules import RuleKind

API_VERSION = "1.0"
_ABOUT: dict[str, Any] = {
    "summary": "What a live host says and shows, held against the product's passport and the law",
    "license_info": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "servers": [{"url": "/", "description": "The server that gave this document"}],
}


def create_app(
    stores: Stores,
    data_dir: Path,
    *,
    class_names: Mapping[str, tuple[str, str]] | None = None,
    exemption_names: Mapping[str, tuple[str, str]] | None = None,
    laws: StatuteTexts | None = None,
    access: Access | None = None,
    public_url: str = "",
    platform: Platform | None = None,
    prebroadcast: PrebroadcastCheck | None = None,
    metrics_token: str = "",
    policies: PolicyDesk | None = None,
    judging: Callable[[], Judging] | None = None,
    settings: Sequence[SettingInForce] = (),
) -> FastAPI:
    """An app over these stores; `data_dir` is what clip paths are relative to.

    `class_names` and `exemption_names` give the taxonomy's classes and the policy's exemptions their Chinese and
    English names; what has none shows its id. `laws`: the texts of the articles that findings cite. `access` None:
    nobody logs in, and only this machine is served. `public_url`: where hosts reach this server; empty: as it was
    asked. `platform`: what orders are held against; None: public addresses, no passports. `prebroadcast`: what texts
    are checked by before a broadcast; None: that is not offered. `judging`: what a claim is judged anew by when its
    words are corrected; None: nothing can be corrected. `settings`: those in force, for administrators to see.
    `metrics_token`: who sends it may scrape /metrics from elsewhere. Before the server stops, call
    `app.state.events.close()`: pages that follow the queue would hold it open.
    AccessError if a route is guarded by nobody.
    """
    own = {COMPLAINT_CLASS: in_every_language("complaint"), WATCHED_CLASS: in_every_language("watched_word")}
    classes = dict(class_names or {}) | own
    glossary = Glossary(
        classes=classes,
        exemptions={ALLOWED: in_every_language("words.allowed"), **(exemption_names or {})},
        laws=laws or StatuteTexts.none(),
        offers_prebroadcast=prebroadcast is not None,
    )
    app = FastAPI(
        title="Zhenyan",
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
        **_ABOUT,
    )
    app.add_middleware(ErrorPages, desk=Desk(glossary))
    app.add_middleware(SecurityHeaders)
    latencies = app.state.latencies = Latencies()
    app.add_middleware(TimedRequests, latencies=latencies, usage=stores.usage)
    install_problem_handlers(app)
    gate = Gate(stores.people, access or Access())
    install_gate(app, gate)
    app.state.reach = stores.reach
    app.state.query_parameters = {}
    platform = platform or Platform()
    check_bytes = MOST_BYTES if prebroadcast is None else 1024 * prebroadcast.limits.body_kb
    install_platform(app, stores.keys, platform.rate_storage, check_bytes)
    app.state.events = QueueEvents(stores.cases)
    add_router(app, api_router(stores, data_dir))
    add_router(
        app,
        metrics_router(
            stores.overview.view, stores.streams.tally, stores.second_reader.figures, metrics_token, latencies.registry
        ),
    )
    add_router(app, quality_api_router(stores.quality))
    add_router(app, stream_router(stores, platform))
    add_router(app, passport_router(stores.passports, stores.orders, platform))
    add_router(app, bulk_passport_router(stores.passports, stores.orders, platform))
    add_router(app, batches_router(stores.batches, platform))
    add_router(app, reanalyses_router(stores, data_dir, platform))
    add_router(app, suggestions_router(stores.tenant_rules, platform))
    add_router(app, words_router(stores.tenant_rules, stores.orders, platform))
    add_router(app, depths_router(stores.tenant_rules))
    tail = EventTail(stores.events, app.state.events.closing)
    add_router(app, events_router(stores.events, tail, Waiting(platform.most_waiting)))
    stretch_tail = EventTail(stores.stretches, app.state.events.closing)
    add_router(app, stretches_router(stores, stretch_tail, Waiting(platform.most_waiting)))
    add_router(app, transcripts_router(stores.streams, stores.tenancy))
    add_router(app, statistics_router(stores.statistics, stores.usage, stores.quotas))
    add_router(app, webhooks_router(stores.webhooks, stores.deliveries, platform.net))
    add_router(app, deliveries_router(stores.webhooks, stores.board, stores.deliveries))
    add_router(app, case_api_router(stores, glossary.classes))
    add_router(app, corrections_router(stores.corrections, stores.tenancy, judging))
    add_router(app, evidence_router(stores, data_dir, glossary))
    add_router(app, host_api_router(stores.enforcement, stores.tenancy))
    add_router(app, actions_router(stores, glossary))
    add_router(app, pages_router(stores, glossary, app.state.events))
    office = Desk(glossary)
    add_router(app, duties_router(stores.cases, stores.duties, QueuePart(office, stores)))
    add_router(app, named_queues_router(stores, office))
    add_router(app, editor_router(stores, office, is_offered=judging is not None))
    add_router(app, login_router(app, gate, office))
    add_router(app, admin_router(gate, stores.keys, office))
    add_router(app, notifications_router(stores.people, stores.notification_preferences, office))
    add_router(app, analytics_router(stores.people, stores.analytics, office))
    add_router(app, proposals_router(stores.cases, stores.analytics, office))
    add_router(app, learning_router(stores, office))
    add_router(app, live_router(stores.wall, office))
    add_router(app, trends_router(stores.trends, office))
    policies = policies or PolicyDesk(data_dir=data_dir)
    add_router(app, quality_router(stores, office, policies))
    add_router(app, replays_router(stores, office, policies))
    add_router(app, reanalysis_pages_router(stores, office, platform, data_dir))
    add_router(app, webhook_pages_router(stores, office))
    add_router(app, words_pages_router(stores, office, platform))
    add_router(app, batch_pages_router(stores.batches, stores.keys, office))
    add_router(app, settings_router(office, settings))
    add_router(app, logs_router(stores, office))
    add_router(app, passport_pages_router(stores, office, platform))
    add_router(app, tenants_router(stores, office, platform))
    measures = Office(stores, office)
    # Before the page of a host, whose id may have a stroke: what stands behind it is read as the id's else.
    add_router(app, proposing_router(stores.enforcement, stores.reach, measures))
    add_router(app, office_router(stores, measures, public_url))
    add_router(app, host_router(stores, office))
    add_router(app, table_router(stores.enforcement, office))
    for router in prebroadcast_routers(
        prebroadcast,
        office,
        stores.quotas.count_checks,
        lambda tenant_id: stores.tenant_rules.current(tenant_id, RuleKind.WORDS),
    ):
        add_router(app, router)
    app.mount("/static", HashedFiles(directory=STATIC_DIR), name="static")
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    if open_routes := unguarded(app):
        raise AccessError(f"routes that nobody guards: {'; '.join(open_routes)}; give each Depends(allow(...))")
    return app


def _as_of_3_1(schema: dict[str, Any]) -> None:
    """Describes streams as OpenAPI 3.1 does; the web framework writes `itemSchema`, which came with 3.2."""
    for path in schema["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                for content in answer.get("content", {}).values():
                    if content.pop("itemSchema", None) is not None:
                        content["schema"] = {"type": "string"}


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes, **_ABOUT)
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs", {}) | {"Problem": problem}
        schemas |= read_by_hand()
        _as_of_3_1(schema)
        app.openapi_schema = schema
    return app.openapi_schema
