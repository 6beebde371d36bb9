"""`zhenyan serve`: the review pages and the API over the store."""

import os
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import click
import uvicorn
from fastapi import FastAPI

import configs
from asr.engines.registry import found_recognisers
from claims.classifier.reading import InTurn, Reader
from claims.policy.law import Held
from claims.policy.packaged import packaged_policy, policy_at
from claims.policy.policy import Policy
from claims.tenant_words import WordTerms
from claims.types import VerdictKind
from cli.config.enforcement import enforcement_setup, evidence_setup, legal_reference_of
from cli.config.in_force import settings_in_force
from cli.config.replays import replay_job
from cli.config.sandbox_notice import sandbox_notice
from cli.config.settings import Settings, load_settings
from cli.shell.folders import make_data_folder
from cli.shell.options import config_option
from cli.shell.records import InputError
from cluster.logs import write_logs
from cluster.replay.background import ReplayRunner
from net.guard import NetPolicy
from net.listening import listen
from review.accounts.store import PeopleStore
from review.accounts.types import Role
from review.background_jobs import BackgroundJobs
from review.corrections.pinned_policies import PinnedPolicies
from review.events.types import Event
from review.judge_pool.policy_in_force import JudgesSource
from review.judge_pool.pool import JudgingPool
from review.notifications.mail import MailServer
from review.notifications.sending import Digests
from review.notifications.store import PreferenceStore
from review.passports.registered_lookup import RegisteredPassports
from review.policies.choice import UsablePolicies
from review.policies.repository import PolicyStore
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth, OidcSettings
from review.server.latency import Latencies
from review.server.pages.replays import PolicyDesk
from review.server.prebroadcast import PrebroadcastCheck
from review.stores import Stores
from review.streams.corrections import Judging
from review.tracing import Tracing, open_tracing
from review.webhooks.endpoints import Endpoint
from review.webhooks.sender import Sender
from review.webhooks.tracing import trace_webhook


@click.command(name="serve")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; default from the settings.")
@config_option
def command(port: int | None, config_file: Path | None) -> None:
    """Serve the review queue and the JSON API until interrupted; `screen` may fill the store meanwhile.

    \b
    Example:
      zhenyan serve --port 8400
    """
    settings = load_settings(config_file)
    make_data_folder(settings.data_dir)
    if notice := sandbox_notice(settings):
        click.echo(notice, err=True)
    write_logs(settings.data_dir.absolute() / "logs", f"serve-{os.getpid()}", beside=True)
    chosen = settings.port if port is None else port
    with serving(settings, chosen, file=config_file) as url:
        click.echo(f"review queue: {url}")
        threading.Event().wait()


@contextmanager
def serving(settings: Settings, port: int, *, judges_at_once: bool = True, file: Path | None = None) -> Iterator[str]:
    """The pages, served from a thread; gives their URL once they answer. InputError where the port is taken.

    `judges_at_once` False: the processes that judge texts are started when the first text is sent. `file`: what the
    settings were read from besides the defaults and the environment, for the page that shows them.
    """
    access = access_of(settings)
    access.check_bound(settings.host)
    listener = _listen(settings.host, port)
    policy = policy_at(settings.policy_folder)
    reference = legal_reference_of(policy)
    tracing = open_tracing(settings.trace_url, "zhenyan-serve")
    stores = Stores.open(
        settings.store_url,
        enforcement=enforcement_setup(settings, reference),
        terms=settings.lease_terms,
        evidence=evidence_setup(settings),
    )
    stores.quality.fewest = settings.figures_from
    exemptions = {rule.id: (rule.zh, rule.id.replace("_", " ")) for rule in policy.context.exemptions}
    source = judges_source(settings)
    pool = JudgingPool(source, settings.judging_terms)
    app = create_app(
        stores,
        settings.data_dir,
        class_names=reference.classes,
        exemption_names=exemptions,
        laws=reference.laws,
        access=access,
        public_url=settings.public_url,
        platform=_platform(settings, policy, stores.policies, pool),
        metrics_token=settings.metrics_token,
        prebroadcast=PrebroadcastCheck(
            pool=pool, limits=settings.check_limits, lookup=RegisteredPassports(stores.passports)
        ),
        policies=PolicyDesk(
            data_dir=settings.data_dir.absolute(),
            is_overridden=bool(settings.policy_dir),
            policy_dir=Path(settings.policy_dir).absolute() if settings.policy_dir else None,
            packaged=configs.POLICY_DIR,
            pool=pool,
        ),
        judging=_judging(stores.policies, source),
        settings=settings_in_force(settings, file),
    )
    housekeeper = BackgroundJobs(
        stores,
        settings.data_dir.absolute(),
        retention=stores.retention(),
        stretch_days=settings.stretch_days,
        authority=settings.time_authority,
        digests=_digests(settings, stores.people, stores.notification_preferences),
    )
    sender = _sender(settings, stores, app.state.latencies, tracing)
    keeper = stores.evidence_keeper()
    replays = ReplayRunner(
        stores.replays, stores.policies, settings.data_dir.absolute(), lambda candidate: replay_job(settings, candidate)
    )
    server = uvicorn.Server(_server_config(app, settings.host, port))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="pages", daemon=True)
    thread.start()
    housekeeper.start()
    sender.start()
    keeper.start()
    replays.start()
    if judges_at_once:
        pool.start()
    try:
        yield f"http://{settings.host}:{listener.getsockname()[1]}/"
    finally:
        pool.close()
        replays.close()
        keeper.close()
        sender.close()
        housekeeper.close()
        app.state.events.close()
        server.should_exit = True
        thread.join(timeout=5)
        if tracing is not None:
            tracing.close()
        stores.usage.write()
        stores.close()


def _digests(settings: Settings, people: PeopleStore, preferences: PreferenceStore) -> Digests | None:
    """What sends people what waits for them; None where no mail server is named."""
    if not settings.smtp_host:
        return None
    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from or f"zhenyan@{settings.smtp_host}",
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password,
    )
    return Digests(preferences, people, server, settings.public_url)


def judges_source(settings: Settings) -> JudgesSource:
    """Where the policy that is in force and the reader lie, for whoever judges."""
    return JudgesSource(
        data_dir=settings.data_dir.absolute(),
        packaged=configs.POLICY_DIR,
        semantic_dir=configs.SEMANTIC_DIR,
        policy_dir=Path(settings.policy_dir).absolute() if settings.policy_dir else None,
        semantic=settings.semantic,
        device=settings.device,
        threads=settings.threads,
        models=settings.models_folder,
    )


def _server_config(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    # Its log's own colours would be written out, as whatever else acts on a terminal.
    return uvicorn.Config(app, host=host, port=port, log_level="warning", use_colors=False, timeout_graceful_shutdown=2)


def judging_pool(settings: Settings) -> JudgingPool:
    """What judges texts before a broadcast, in processes of its own, by the policy that is in force then."""
    return JudgingPool(judges_source(settings), settings.judging_terms)


def _judging(policies: PolicyStore, source: JudgesSource) -> Callable[[], Judging]:
    """What a claim is judged anew by when its words are corrected; loaded with the first correction."""
    pinned = PinnedPolicies(policies, source.data_dir)
    opened = cache(source.open)

    @cache
    def reader() -> Reader | None:
        reader = opened()().semantics.reader
        return None if reader is None else InTurn(reader)

    def judging() -> Judging:
        policy = opened()().policy
        return Judging(in_force=policy, by_name=pinned.by_name, reader=reader(), data_dir=source.data_dir)

    return judging


def _platform(settings: Settings, policy: Policy, policies: PolicyStore, pool: JudgingPool) -> Platform:
    """What customers' orders are held against."""
    fixed = bool(settings.policy_dir)
    own = (lambda: policy) if fixed else packaged_policy
    return Platform(
        reader=policy.quantity_reader,
        net=_net(settings),
        policies=UsablePolicies(policies, own, is_fixed=fixed),
        most_waiting=settings.waiting_per_key,
        rate_storage=settings.rate_storage,
        pool=pool,
        bounds=settings.passport_bounds,
        suggestions=settings.suggestion_bounds,
        word_terms=terms_of(policy),
        recognisers=lambda: found_recognisers(settings.models_folder),
        stretch_days=settings.stretch_days,
    )


def terms_of(policy: Policy) -> Callable[[str], WordTerms | None]:
    """What a class of the policy means for a word that a customer lists; None for what is no class."""

    def terms(class_id: str) -> WordTerms | None:
        if class_id not in policy.class_files:
            return None
        law = policy.law_for(class_id, Held(verdict=VerdictKind.BANNED))
        return WordTerms(
            law=law.cite,
            law_status=law.status,
            severity=policy.severity_for(class_id, None),
            advice=policy.class_files[class_id].advice,
        )

    return terms


def _net(settings: Settings) -> NetPolicy:
    return NetPolicy.parse(settings.allow_net, Path(settings.trust_ca) if settings.trust_ca else None)


def _sender(settings: Settings, stores: Stores, latencies: Latencies, tracing: Tracing | None) -> Sender:
    """What tells customers, at their addresses and at that of the settings, while pages are served."""
    page_url = settings.public_url or f"http://{settings.host}:{settings.port}"
    own = Endpoint(url=settings.webhook_url, secret=settings.webhook_secret) if settings.webhook_url else None

    def observe(event: Event, seconds: float, is_taken: bool) -> None:
        now_ms = time.time_ns() // 1_000_000
        latencies.note_webhook(event, seconds, now_ms, is_taken=is_taken)
        if event.kind == "finding.created":
            trace_webhook(tracing, event, seconds, now_ms, is_taken=is_taken)

    return stores.sender(_net(settings), own, page_url=page_url, observe=observe)


def access_of(settings: Settings) -> Access:
    """Who is let in, as the settings say; AccessError where they contradict themselves."""
    oidc = OidcSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        role_claim=settings.oidc_role_claim,
        roles={group: Role(role) for group, role in settings.oidc_roles.items()},
        default_role=Role(settings.oidc_default_role) if settings.oidc_default_role else None,
    )
    return Access(auth=Auth(settings.auth), oidc=oidc)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        raise InputError(f"{host} port {port}: cannot be served on: {error.strerror}; choose another --port") from error


def open_browser(url: str) -> bool:
    """True if a browser was found and told to open the page."""
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
