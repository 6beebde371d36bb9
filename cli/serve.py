"""`zhenyan serve`: the review pages and the API over the store."""

import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import click
import uvicorn

import configs
from claims.policy import Policy
from claims.semantic import Semantics, semantics_of
from cli.common import InputError, make_folder
from cli.due import due_setup, evidence_setup
from cli.options import config_option
from cli.replaying import replay_job
from cli.settings import Settings, load_settings
from cluster.replay_runner import ReplayRunner
from ingest.guard import NetPolicy
from review.app import create_app
from review.before.checking import Checker, Judges
from review.before.install import Before
from review.before.registered import RegisteredShelf
from review.cases.types import Role
from review.due.housekeeping import Housekeeper
from review.laws import Laws
from review.people.access import Access, Auth, OidcSettings
from review.platform.ordering import Platform
from review.platform.policies import UsablePolicies
from review.replays.web import PolicyDesk
from review.store import Store
from review.telling.sending import Sender
from review.telling.targets import Endpoint


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
    make_folder("setting data_dir", settings.data_dir)
    chosen = settings.port if port is None else port
    with serving(settings, chosen) as url:
        click.echo(f"review queue: {url}")
        threading.Event().wait()


@contextmanager
def serving(settings: Settings, port: int) -> Iterator[str]:
    """The pages, served from a thread; gives their URL once they answer. InputError where the port is taken."""
    access = access_of(settings)
    access.check_bound(settings.host)
    listener = _listen(settings.host, port)
    policy = Policy(settings.policy_folder)
    names = {c.id: (c.name_zh, c.name_en) for c in policy.classes.values()}
    store = Store.open(
        settings.store_url,
        due=due_setup(settings),
        terms=settings.lease_terms,
        evidence=evidence_setup(settings),
    )
    exemptions = {rule.id: (rule.zh, rule.id.replace("_", " ")) for rule in policy.context.exemptions}
    laws = Laws.read(configs.LAWS_FILE)
    app = create_app(
        store,
        settings.data_dir,
        class_names=names,
        exemption_names=exemptions,
        laws=laws,
        access=access,
        public_url=settings.public_url,
        platform=_platform(settings, policy, store),
        metrics_token=settings.metrics_token,
        before=Before(checker=Checker(_judges(settings, policy)), shelf=RegisteredShelf(store.passports)),
        policies=PolicyDesk(data_dir=settings.data_dir.absolute(), is_overridden=bool(settings.policy_dir)),
    )
    housekeeper = Housekeeper(store, settings.data_dir.absolute(), retention=store.retention())
    sender = _sender(settings, store)
    keeper = store.evidence_keeper()
    replays = ReplayRunner(store, settings.data_dir.absolute(), lambda candidate: replay_job(settings, candidate))
    config = uvicorn.Config(app, host=settings.host, port=port, log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="pages", daemon=True)
    thread.start()
    housekeeper.start()
    sender.start()
    keeper.start()
    replays.start()
    try:
        yield f"http://{settings.host}:{listener.getsockname()[1]}/"
    finally:
        replays.close()
        keeper.close()
        sender.close()
        housekeeper.close()
        app.state.events.close()
        server.should_exit = True
        thread.join(timeout=5)
        store.close()


def _judges(settings: Settings, policy: Policy) -> Callable[[], Judges]:
    """What texts are checked by before a broadcast: the policy that is in force when they are checked.

    The semantic layer is loaded when the first is checked.
    """
    read = {policy.folder: policy}

    @cache
    def semantics() -> Semantics:
        return semantics_of(settings.semantic, configs.SEMANTIC_DIR, device=settings.device, threads=settings.threads)

    def judges() -> Judges:
        folder = settings.policy_folder
        if folder not in read:
            read[folder] = Policy(folder)
        return Judges(policy=read[folder], semantics=semantics())

    return judges


def _platform(settings: Settings, policy: Policy, store: Store) -> Platform:
    """What customers' orders are held against."""
    fixed = bool(settings.policy_dir)
    own = cache(lambda: policy if fixed else Policy(configs.POLICY_DIR))
    return Platform(
        reader=policy.quantity_reader,
        net=_net(settings),
        policies=UsablePolicies(store.policies, own, is_fixed=fixed),
        most_waiting=settings.waiting_per_key,
        rate_storage=settings.rate_storage,
    )


def _net(settings: Settings) -> NetPolicy:
    return NetPolicy.parse(settings.allow_net, Path(settings.trust_ca) if settings.trust_ca else None)


def _sender(settings: Settings, store: Store) -> Sender:
    """What tells customers, at their addresses and at that of the settings, while pages are served."""
    page_url = settings.public_url or f"http://{settings.host}:{settings.port}"
    own = Endpoint(url=settings.webhook_url, secret=settings.webhook_secret) if settings.webhook_url else None
    return store.sender(_net(settings), own, page_url=page_url)


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
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise InputError(f"{host} port {port}: cannot be served on: {error.strerror}; choose another --port") from error


def open_browser(url: str) -> bool:
    """True if a browser was found and told to open the page."""
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
