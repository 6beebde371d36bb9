"""A client of the platform interface in one file that imports nothing else of the project: copy it, or use it here.

    with Zhenyan("https://zhenyan.example.com", "zy_…") as zhenyan:
        zhenyan.put_passport({"id": "P-1", "name": "…", "category": "electronics/charger"})
        stream = zhenyan.order("https://live.example.com/7.m3u8", host={"id": "anchor-7"}, products=["P-1"])
        for event in zhenyan.events(after=0):
            …

Needs httpx and tenacity. What failed on the way, and 429, 502, 503 and 504, is tried again, after as long as
`Retry-After` says or ever longer; an order keeps its Idempotency-Key meanwhile, so that it is placed once.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, TypedDict
from urllib.parse import quote

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

_AGAIN = frozenset({429, 502, 503, 504})
# Sent again it takes as long again.
_NEVER_AGAIN = frozenset({"judging_long"})
# A check waits for its turn and is then judged: who hangs up before that has it stopped.
_CHECK_S = 180.0
_LONGEST_WAIT_S = 60.0
_Json = dict[str, Any]


class Problem(Exception):
    """The server refused: `status`, `code` for programs, `detail` for people, `errors` with path and reason."""

    def __init__(
        self, status: int, detail: str, code: str | None = None, errors: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.code = code
        self.errors = tuple(errors)


class _TryAgain(Exception):
    """An answer that may be another one later."""

    def __init__(self, problem: Problem, after_s: float | None) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.after_s = after_s


class Host(TypedDict, total=False):
    """Who speaks; `id` is needed."""

    id: str
    name: str
    platform: str


class Fact(TypedDict, total=False):
    """Something that the platform's backend knows at a moment; `at_ms` and `kind` are needed."""

    at_ms: int
    kind: Literal["stock", "sales", "viewers", "rating", "promo_end", "gift", "ai_label", "on_sale"]
    product_id: str | None
    value: int | float | str | bool | None


class Zhenyan:
    """Calls a server in the name of one key; raises Problem, and httpx.TransportError if all tries fail.

    `sleep`: what passes the time between two tries.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        attempts: int = 5,
        timeout_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._timeout_s = timeout_s
        self._http = httpx.Client(
            base_url=url,
            timeout=timeout_s,
            transport=transport,
            headers={"Authorization": f"Bearer {key}", "Accept": "application/json"},
        )
        self._retrying = Retrying(
            retry=retry_if_exception_type((_TryAgain, httpx.TransportError)),
            stop=stop_after_attempt(attempts),
            wait=_wait_s,
            reraise=True,
            sleep=sleep,
        )

    def __enter__(self) -> "Zhenyan":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back."""
        self._http.close()

    def order(
        self,
        url: str,
        *,
        host: Host,
        products: Sequence[str] = (),
        passports: Sequence[Mapping[str, Any]] = (),
        started_at: str | None = None,
        callback_url: str | None = None,
        external_id: str | None = None,
        max_hours: float | None = None,
        request_key: str | None = None,
    ) -> _Json:
        """Orders the screening of a broadcast; the same `request_key` again is the same order."""
        body: _Json = {"url": url, "host": host, "products": list(products), "passports": list(passports)}
        optional = {"started_at": started_at, "external_id": external_id, "max_hours": max_hours}
        body |= {name: value for name, value in optional.items() if value is not None}
        if callback_url is not None:
            body["callback"] = {"url": callback_url}
        headers = {"Idempotency-Key": request_key or str(uuid.uuid4())}
        return self._json("POST", "/v1/streams", json=body, headers=headers)

    def stream(self, stream_id: str) -> _Json:
        """Where the broadcast stands, and how much of it was analysed."""
        return self._json("GET", f"/v1/streams/{_part(stream_id)}")

    def streams(self, **filters: str) -> Iterator[_Json]:
        """Your broadcasts, those ordered last first; `state`, `wanted`, `host_id`, `external_id`."""
        return self._pages("/v1/streams", "streams", filters)

    def stop(self, stream_id: str) -> _Json:
        """Stops the screening; what was found stays."""
        return self._json("DELETE", f"/v1/streams/{_part(stream_id)}")

    def put_on_sale(self, stream_id: str, product_id: str | None, at_ms: int | None = None) -> _Json:
        """Tells which product the host explains from this moment on; None: none."""
        body: _Json = {"product_id": product_id} | ({} if at_ms is None else {"at_ms": at_ms})
        return self._json("PUT", f"/v1/streams/{_part(stream_id)}/on-sale", json=body)

    def put_facts(self, stream_id: str, facts: Sequence[Fact]) -> _Json:
        """Tells what the platform knows."""
        return self._json("PUT", f"/v1/streams/{_part(stream_id)}/facts", json=list(facts))

    def put_passport(self, passport: Mapping[str, Any], *, if_match: str | None = None) -> _Json:
        """Registers a passport in the short or the long form; `if_match`: the version that it replaces."""
        product_id = str(passport.get("id") or passport.get("passport_id") or "")
        headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
        return self._json("PUT", f"/v1/passports/{_part(product_id)}", json=dict(passport), headers=headers)

    def put_passports(self, content: bytes, media_type: str = "application/x-ndjson") -> _Json:
        """Registers many passports, a record a line, or a table; each row is answered by itself."""
        headers = {"Content-Type": media_type}
        timeout = max(_CHECK_S, self._timeout_s)
        return self._json("POST", "/v1/passports:batch", content=content, headers=headers, timeout=timeout)

    def passport_versions(self, product_id: str) -> list[_Json]:
        """Every version of the passport, the latest first."""
        found: list[_Json] = self._json("GET", f"/v1/passports/{_part(product_id)}/versions")["versions"]
        return found

    def retire_passport(self, product_id: str, *, if_match: str | None = None) -> _Json:
        """Takes the passport out of force; its versions stay."""
        headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
        return self._json("DELETE", f"/v1/passports/{_part(product_id)}", headers=headers)

    def passport(self, product_id: str, version: str | None = None) -> _Json:
        """The passport in force, or this version of it."""
        params = {} if version is None else {"version": version}
        return self._json("GET", f"/v1/passports/{_part(product_id)}", params=params)

    def passports(self, gtin: str | None = None) -> Iterator[_Json]:
        """Your passports by product, or those with this GTIN."""
        return self._pages("/v1/passports", "passports", {} if gtin is None else {"gtin": gtin})

    def check(self, text: str, *, products: Sequence[str] = (), **more: Any) -> _Json:
        """What a script, page or caption claims and may not, before the broadcast."""
        sent = {"text": text, "products": list(products)} | more
        return self._json("POST", "/v1/check", json=sent, timeout=max(_CHECK_S, self._timeout_s))

    def findings(self, after: int = 0, **filters: str) -> Iterator[_Json]:
        """Findings in the order in which they were found, as many as there are now."""
        more = True
        while more:
            page = self.findings_page(after, **filters)
            yield from page["findings"]
            after, more = page["next_after"], page["more"]

    def findings_page(self, after: int = 0, **filters: str) -> _Json:
        """A page of findings; `next_after` is never null: kept, it is where to go on, now if `more`, else later."""
        return self._json("GET", "/v1/findings", params={"after": str(after), **filters})

    def cases(self, **filters: str) -> Iterator[_Json]:
        """Cases, the most pressing first."""
        return self._pages("/v1/cases", "cases", filters)

    def events(self, after: int = 0, wait_s: float = 0) -> Iterator[_Json]:
        """Events after this number, in order, as many as there are now; `wait_s`: waits that long for a first one."""
        more = True
        while more:
            page = self._json("GET", "/v1/events", params={"after": str(after), "wait": str(wait_s)})
            yield from page["events"]
            after, more, wait_s = page["next_after"], page["more"], 0

    def evidence(self, case_id: str) -> bytes:
        """The signed pack of a case, as a zip."""
        return self._send("GET", f"/v1/evidence/{_part(case_id)}").content

    def _pages(self, path: str, name: str, filters: Mapping[str, str]) -> Iterator[_Json]:
        after: str | None = None
        while True:
            page = self._json("GET", path, params={**filters} | ({} if after is None else {"after": after}))
            yield from page[name]
            after = page["next_after"]
            if after is None:
                return

    def _json(self, method: str, path: str, **more: Any) -> _Json:
        answer: _Json = self._send(method, path, **more).json()
        return answer

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._retrying(self._once, method, path, **more)
        except _TryAgain as error:
            raise error.problem from None

    def _once(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = self._http.request(method, path, **more)
        if answer.is_success:
            return answer
        problem = _problem_of(answer)
        if answer.status_code in _AGAIN and problem.code not in _NEVER_AGAIN:
            raise _TryAgain(problem, _seconds(answer.headers.get("Retry-After")))
        raise problem


_growing = wait_exponential_jitter(multiplier=0.5, max=_LONGEST_WAIT_S)


def _wait_s(state: RetryCallState) -> float:
    error = None if state.outcome is None else state.outcome.exception()
    asked = error.after_s if isinstance(error, _TryAgain) else None
    return _growing(state) if asked is None else min(asked, _LONGEST_WAIT_S)


def _problem_of(answer: httpx.Response) -> Problem:
    try:
        told = answer.json()
        errors = [(str(one["path"]), str(one["reason"])) for one in told.get("errors") or ()]
        return Problem(answer.status_code, str(told["detail"]), told.get("code"), errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Problem(answer.status_code, answer.reason_phrase)


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isascii() and header.isdigit() else None


def _part(value: str) -> str:
    return quote(value, safe="")
