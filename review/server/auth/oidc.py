"""Logins that an OpenID provider vouches for: code flow with PKCE, state and nonce, by Authlib."""

import hashlib
import hmac
import logging
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.starlette_client import OAuth  # type: ignore[import-untyped]
from fastapi import FastAPI, Request, Response
from joserfc.errors import JoseError
from starlette.middleware.sessions import SessionMiddleware

from review.accounts.store import Login, PeopleStore
from review.errors import AccountError, LoginRefused
from review.server.auth.access import OidcSettings, role_of

_log = logging.getLogger(__name__)
# State, nonce and PKCE's verifier wait in a signed cookie for as long as somebody takes to log in.
_HANDSHAKE_S = 600
_COOKIE = "zhenyan_handshake"
_UNREADABLE = (OAuthError, JoseError, httpx2.HTTPError, KeyError, ValueError)


class Provider:
    """The provider that the settings name; what it publishes is read at the first login."""

    def __init__(self, settings: OidcSettings, people: PeopleStore) -> None:
        self._settings = settings
        self._people = people
        self._client = OAuth().register(
            "provider",
            client_id=settings.client_id,
            client_secret=settings.client_secret or None,
            server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "timeout": 10},
        )

    async def send_there(self, request: Request, back: str) -> Response:
        """The redirect to the provider; LoginRefused if it does not answer."""
        try:
            sent: Response = await self._client.authorize_redirect(request, str(request.url_for("oidc_back")))
        except _UNREADABLE as error:
            raise LoginRefused("the login provider does not answer; try again later") from error
        request.session["back"] = back
        return sent

    async def take_back(self, request: Request) -> tuple[dict[str, object], str]:
        """The claims that the provider vouches for, and the path to go on at.

        LoginRefused: the answer does not belong to this browser's login, or can't be trusted, or is a refusal.
        """
        back = str(request.session.get("back", "/"))
        try:
            token = await self._client.authorize_access_token(request)
            claims: dict[str, object] = dict(token["userinfo"])
        except _UNREADABLE as error:
            reason = "the login provider refused, or its answer can't be trusted; log in again"
            raise LoginRefused(reason) from error
        finally:
            request.session.clear()
        return claims, back

    def log_in(self, claims: dict[str, object], address: str) -> Login:
        """A session for the person of the claims; LoginRefused, which the log tells, if they have no role here."""
        try:
            return self._log_in(claims)
        except LoginRefused as error:
            logged = {"login": _login_of(claims), "address": address}
            _log.warning("login %r of the provider from %s refused: %s", *logged.values(), error, extra=logged)
            raise

    def _log_in(self, claims: dict[str, object]) -> Login:
        settings = self._settings
        follow = bool(settings.role_claim)
        role = role_of(claims, settings) if follow else settings.default_role
        if follow and role is None:
            role = settings.default_role
            if role is None:
                raise LoginRefused("the login provider gives you no role here; ask an administrator")
        subject = str(claims["sub"])
        login = _login_of(claims)
        name = str(claims.get("name") or login)
        issuer = str(claims["iss"])
        try:
            return self._people.log_in_known(issuer, subject, login, name, role, follow=follow)
        except AccountError as error:
            raise LoginRefused("your login is another account's here; ask an administrator") from error


def _login_of(claims: dict[str, object]) -> str:
    return str(claims.get("preferred_username") or claims.get("email") or claims["sub"])[:100]


def install_handshake(app: FastAPI, settings: OidcSettings) -> None:
    """Keeps what a login needs on its way in a cookie that only this client's secret can sign."""
    label = f"zhenyan handshake {settings.client_id} {urlsplit(settings.issuer).netloc}"
    key = hmac.new(settings.client_secret.encode(), label.encode(), hashlib.sha256).hexdigest()
    app.add_middleware(SessionMiddleware, secret_key=key, session_cookie=_COOKIE, max_age=_HANDSHAKE_S, same_site="lax")
