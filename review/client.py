"""A client of the platform interface in one file that imports nothing else of the project: copy it, or use it here.

    with Zhenyan("https://zhenyan.example.com", "zy_…") as zhenyan:
        zhenyan.put_passport({"id": "P-1", "name": "…", "category": "electronics/charger"})
        stream = zhenyan.order("https://live.example.com/7.m3u8", host={"id": "anchor-7"}, products=["P-1"])
        for event in zhenyan.events(after=0):
            …

`AsyncZhenyan` is the same with `async with`, `await` and `async for`. Needs httpx and tenacity; answers are typed by
`client_types.py`, which is made from the OpenAPI document and is looked at by type checkers alone.

What failed on the way, and 429, 502, 503 and 504, is tried again, after as long as `Retry-After` says or ever longer;
an order keeps its Idempotency-Key meanwhile, so that it is placed once. What would be done twice is not sent again
where its answer was lost.
"""

# Answers are what the document says, which a test of the server holds.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypedDict
from urllib.parse import quote

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

if TYPE_CHECKING:
    from review import client_types as types

_AGAIN = frozenset({429, 502, 503, 504})
# Sent again it takes as long again.
_NEVER_AGAIN = frozenset({"judging_long"})
# A check waits for its turn and is then judged: who hangs up before that has it stopped.
_CHECK_S = 180.0
_LONGEST_WAIT_S = 60.0
_LINES = "application/x-ndjson"
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


class _Lost(Exception):
    """What failed on the way of a request that may have been done."""

    def __init__(self, error: httpx.TransportError) -> None:
        super().__init__(str(error))
        self.error = error


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


_growing = wait_exponential_jitter(multiplier=0.5, max=_LONGEST_WAIT_S)


def _wait_s(state: RetryCallState) -> float:
    error = None if state.outcome is None else state.outcome.exception()
    asked = error.after_s if isinstance(error, _TryAgain) else None
    return _growing(state) if asked is None else min(asked, _LONGEST_WAIT_S)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    problem = _problem_of(answer)
    if answer.status_code in _AGAIN and problem.code not in _NEVER_AGAIN:
        raise _TryAgain(problem, _seconds(answer.headers.get("Retry-After")))
    raise problem


def _problem_of(answer: httpx.Response) -> Problem:
    try:
        body = answer.json()
        errors = [(str(one["path"]), str(one["reason"])) for one in body.get("errors") or ()]
        return Problem(answer.status_code, str(body["detail"]), body.get("code"), errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Problem(answer.status_code, answer.reason_phrase)


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isascii() and header.isdigit() else None


def _part(value: str) -> str:
    return quote(value, safe="")


def _given(**values: object) -> dict[str, Any]:
    """Those that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def _may_repeat(method: str, headers: Mapping[str, str], is_again: bool) -> bool:
    """Whether the same request twice does what it does once."""
    return method != "POST" or is_again or "Idempotency-Key" in headers


def _if_match(version: str | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


class AsyncZhenyan:
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
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=timeout_s,
            transport=transport,
            headers={"Authorization": f"Bearer {key}", "Accept": "application/json"},
        )
        self._retrying = AsyncRetrying(
            retry=retry_if_exception_type((_TryAgain, httpx.TransportError)),
            stop=stop_after_attempt(attempts),
            wait=_wait_s,
            reraise=True,
            sleep=sleep,
        )

    async def __aenter__(self) -> AsyncZhenyan:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Gives the connections back."""
        await self._http.aclose()

    # Broadcasts

    async def order(
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
        title: str | None = None,
        priority: Literal["normal", "background", "urgent"] | None = None,
        policy: str | None = None,
        depth: Mapping[str, Any] | None = None,
        request_key: str | None = None,
    ) -> types.StreamOut:
        """Orders the screening of a broadcast; the same `request_key` again is the same order."""
        body: _Json = {"url": url, "host": host, "products": list(products), "passports": list(passports)}
        body |= _given(started_at=started_at, external_id=external_id, max_hours=max_hours)
        body |= _given(title=title, priority=priority, policy=policy, depth=depth)
        if callback_url is not None:
            body["callback"] = {"url": callback_url}
        headers = {"Idempotency-Key": request_key or str(uuid.uuid4())}
        return await self._json("POST", "/v1/streams", json=body, headers=headers)

    async def stream(self, stream_id: str) -> types.StreamOut:
        """Where the broadcast stands, how much of it was analysed, and what is advised about it."""
        return await self._json("GET", f"/v1/streams/{_part(stream_id)}")

    async def streams(self, **filters: str) -> AsyncIterator[types.StreamOut]:
        """Your broadcasts, those ordered last first; `state`, `wanted`, `host_id`, `external_id`."""
        async for each in self._pages("/v1/streams", "streams", filters):
            yield each

    async def stop(self, stream_id: str) -> types.StreamOut:
        """Stops the screening; what was found stays."""
        return await self._json("DELETE", f"/v1/streams/{_part(stream_id)}")

    async def put_on_sale(
        self, stream_id: str, product_id: str | None, at_ms: int | None = None
    ) -> types.FactsReceivedOut:
        """Tells which product the host explains from this moment on; None: none."""
        body: _Json = {"product_id": product_id} | _given(at_ms=at_ms)
        return await self._json("PUT", f"/v1/streams/{_part(stream_id)}/on-sale", json=body)

    async def put_facts(self, stream_id: str, facts: Sequence[Fact]) -> types.FactsReceivedOut:
        """Tells what the platform knows."""
        return await self._json("PUT", f"/v1/streams/{_part(stream_id)}/facts", json=list(facts))

    async def health(self, stream_id: str) -> _Json:
        """What ails the broadcast now."""
        return await self._json("GET", f"/v1/streams/{_part(stream_id)}/health")

    async def passages(self, stream_id: str, after: int = 0, **filters: str) -> AsyncIterator[_Json]:
        """What was said and shown, in the order in which it was written, as much as there is now."""
        async for each in self._numbered(f"/v1/streams/{_part(stream_id)}/passages", "passages", after, filters):
            yield each

    async def transcript(self, stream_id: str, **filters: str) -> str:
        """What was said and shown as WebVTT; `channel`, `from_ms`, `to_ms`."""
        answer = await self._send("GET", f"/v1/streams/{_part(stream_id)}/transcript.vtt", params=filters)
        return answer.text

    async def stretches(self, after: int = 0, wait_s: float = 0, **filters: str) -> AsyncIterator[_Json]:
        """What was heard, read and covered of each stretch after this number, as many as there are now."""
        async for each in self._numbered("/v1/stretches", "stretches", after, filters, wait_s):
            yield each

    # Passports

    async def put_passport(self, passport: Mapping[str, Any], *, if_match: str | None = None) -> types.PassportOut:
        """Registers a passport in the short or the long form; `if_match`: the version that it replaces."""
        product_id = str(passport.get("id") or passport.get("passport_id") or "")
        path = f"/v1/passports/{_part(product_id)}"
        return await self._json("PUT", path, json=dict(passport), headers=_if_match(if_match))

    async def put_passports(self, content: bytes, media_type: str = _LINES) -> types.BatchStoredOut:
        """Registers many passports, a record a line, or a table; each row is answered by itself."""
        headers = {"Content-Type": media_type}
        timeout = max(_CHECK_S, self._timeout_s)
        path = "/v1/passports:batch"
        return await self._json("POST", path, content=content, headers=headers, timeout=timeout, is_again=True)

    async def put_all(self, passports: Iterable[Mapping[str, Any]]) -> types.BatchStoredOut:
        """Registers these passports in one request, of at most 2,000."""
        return await self.put_passports(
            "\n".join(json.dumps(dict(one), ensure_ascii=False) for one in passports).encode()
        )

    async def passport(self, product_id: str, version: str | None = None) -> types.PassportOut:
        """The passport in force, or this version of it."""
        return await self._json("GET", f"/v1/passports/{_part(product_id)}", params=_given(version=version))

    async def passport_versions(self, product_id: str) -> list[types.PassportLineOut]:
        """Every version of the passport, the latest first."""
        found = await self._json("GET", f"/v1/passports/{_part(product_id)}/versions")
        return list(found["versions"])

    async def retire_passport(self, product_id: str, *, if_match: str | None = None) -> types.PassportLineOut:
        """Takes the passport out of force; its versions stay."""
        return await self._json("DELETE", f"/v1/passports/{_part(product_id)}", headers=_if_match(if_match))

    async def passports(self, gtin: str | None = None) -> AsyncIterator[types.PassportLineOut]:
        """Your passports by product, or those with this GTIN."""
        async for each in self._pages("/v1/passports", "passports", _given(gtin=gtin)):
            yield each

    async def code(self, code: str) -> types.CodeOut:
        """The passports of the product with this bar code or GS1 Digital Link."""
        return await self._json("GET", f"/v1/codes/{_part(code)}")

    # Before the broadcast, and archives

    async def check(self, text: str, *, products: Sequence[str] = (), **more: Any) -> types.CheckOut:
        """What a script, page or caption claims and may not, before the broadcast."""
        sent = {"text": text, "products": list(products)} | more
        timeout = max(_CHECK_S, self._timeout_s)
        return await self._json("POST", "/v1/check", json=sent, timeout=timeout, is_again=True)

    async def check_catalogue(
        self, rows: Sequence[Mapping[str, Any]], *, products: Sequence[str] = (), **more: Any
    ) -> types.CatalogueOut:
        """What each row of a catalogue claims and may not; a row has `text` and may have `product_id`."""
        sent = {"rows": [dict(row) for row in rows], "products": list(products)} | more
        timeout = max(_CHECK_S, self._timeout_s)
        return await self._json("POST", "/v1/check/catalogue", json=sent, timeout=timeout, is_again=True)

    async def order_batch(
        self, urls: Sequence[str], *, host: Host, request_key: str | None = None, **more: Any
    ) -> types.BatchFilesOut:
        """Orders the screening of an archive's files; the same `request_key` again is the same order."""
        headers = {"Idempotency-Key": request_key or str(uuid.uuid4())}
        body = {"urls": list(urls), "host": host} | more
        return await self._json("POST", "/v1/batches", json=body, headers=headers)

    async def order_reanalysis(
        self,
        stream_id: str,
        *,
        model: str | None = None,
        policy: str | None = None,
        passports: Sequence[Mapping[str, str]] = (),
        start_ms: int = 0,
        end_ms: int | None = None,
        request_key: str | None = None,
    ) -> types.ReanalysisOut:
        """Orders that a recorded broadcast, or a stretch of it, is analysed again; name what by."""
        body = _given(stream_id=stream_id, model=model, policy=policy, end_ms=end_ms)
        body |= {"start_ms": start_ms, "passports": list(passports)}
        headers = {"Idempotency-Key": request_key or str(uuid.uuid4())}
        return await self._json("POST", "/v1/reanalyses", json=body, headers=headers)

    async def reanalyses(self, **filters: str) -> AsyncIterator[types.ReanalysisOut]:
        """Your re-analyses, those ordered last first; `filters` as the interface has them."""
        async for each in self._pages("/v1/reanalyses", "reanalyses", filters):
            yield each

    async def reanalysis(self, reanalysis_id: str) -> types.ReanalysisOut:
        """How far the re-analysis is, and how much differs."""
        return await self._json("GET", f"/v1/reanalyses/{_part(reanalysis_id)}")

    async def reanalysed(self, reanalysis_id: str, **filters: str) -> AsyncIterator[types.ComparedOut]:
        """Each claim as it was found before and as it is found now; `filters` as the interface has them."""
        path = f"/v1/reanalyses/{_part(reanalysis_id)}/findings"
        async for each in self._pages(path, "findings", filters):
            yield each

    async def cancel_reanalysis(self, reanalysis_id: str) -> types.ReanalysisOut:
        """Ends the re-analysis."""
        return await self._json("DELETE", f"/v1/reanalyses/{_part(reanalysis_id)}")

    async def batches(self) -> AsyncIterator[types.BatchOut]:
        """Your batches, those ordered last first."""
        async for each in self._pages("/v1/batches", "batches", {}):
            yield each

    async def batch(self, batch_id: str) -> types.BatchFilesOut:
        """How far the batch is, and each of its files."""
        return await self._json("GET", f"/v1/batches/{_part(batch_id)}")

    async def cancel_batch(self, batch_id: str) -> types.BatchFilesOut:
        """Ends the batch; what was found stays."""
        return await self._json("DELETE", f"/v1/batches/{_part(batch_id)}")

    # What was found and decided

    async def findings(self, after: int = 0, **filters: str) -> AsyncIterator[types.FindingOut]:
        """Findings in the order in which they were found, as many as there are now."""
        async for each in self._numbered("/v1/findings", "findings", after, filters):
            yield each

    async def findings_page(self, after: int = 0, **filters: str) -> types.FindingsOut:
        """A page of findings; `next_after` is never null: kept, it is where to go on, now if `more`, else later."""
        return await self._json("GET", "/v1/findings", params={"after": str(after), **filters})

    async def clip(self, finding_id: str) -> bytes:
        """The finding's clip, as MP4."""
        return (await self._send("GET", f"/clips/{_part(finding_id)}.mp4")).content

    async def peaks(self, finding_id: str) -> types.PeaksOut:
        """The loudness of the finding's clip."""
        return await self._json("GET", f"/clips/{_part(finding_id)}.peaks.json")

    async def cases(self, **filters: str) -> AsyncIterator[types.CaseOut]:
        """Cases, the most pressing first."""
        async for each in self._pages("/v1/cases", "cases", filters):
            yield each

    async def case(self, case_id: str) -> types.CaseDetailOut:
        """A case with its findings and decisions."""
        return await self._json("GET", f"/v1/cases/{_part(case_id)}")

    async def decide(self, case_id: str, decision: Mapping[str, Any]) -> types.DecisionOut:
        """Decides the case; the same `request_id` again is the same decision."""
        return await self._json("POST", f"/v1/cases/{_part(case_id)}/decisions", json=dict(decision), is_again=True)

    async def correct(self, case_id: str, correction: Mapping[str, Any]) -> types.CorrectionOut:
        """Corrects what was heard; the same `request_id` again is the same correction."""
        return await self._json("POST", f"/v1/cases/{_part(case_id)}/corrections", json=dict(correction), is_again=True)

    async def evidence(self, case_id: str) -> bytes:
        """The signed pack of a case, as a zip."""
        return (await self._send("GET", f"/v1/evidence/{_part(case_id)}")).content

    async def keys(self) -> types.KeysOut:
        """The public keys by which packs are checked."""
        return await self._json("GET", "/v1/keys")

    async def host(self, host_id: str) -> types.HostFileOut:
        """A host's file: strikes, measures, appeals."""
        return await self._json("GET", f"/v1/hosts/{_part(host_id)}")

    async def blacklist(self) -> _Json:
        """Who may not broadcast now."""
        return await self._json("GET", "/v1/blacklist")

    async def file_complaint(
        self, complaint: Mapping[str, Any], *, request_key: str | None = None
    ) -> types.ComplaintOut:
        """Files a viewer's complaint; the same `request_key` again is the same complaint."""
        headers = {"Idempotency-Key": request_key or str(uuid.uuid4())}
        return await self._json("POST", "/v1/complaints", json=dict(complaint), headers=headers)

    async def complaint_pack(self, receipt: str) -> bytes:
        """The pack behind a complaint's receipt, as a zip."""
        return (await self._send("GET", f"/v1/complaints/{_part(receipt)}/pack")).content

    # How much there was

    async def count_findings(self, **filters: str) -> types.StatisticsOut:
        """How many findings there were; `by`, `from`, `to`, `host_id`."""
        return await self._json("GET", "/v1/statistics/findings", params=filters)

    async def count_coverage(self, **filters: str) -> types.StatisticsOut:
        """How much of broadcasts was analysed; `by`, `from`, `to`, `host_id`."""
        return await self._json("GET", "/v1/statistics/coverage", params=filters)

    async def count_usage(self, **filters: str) -> types.StatisticsOut:
        """What your keys asked for; `from`, `to`."""
        return await self._json("GET", "/v1/statistics/usage", params=filters)

    async def export(
        self, what: Literal["findings", "coverage", "usage"], form: Literal["csv", "parquet"], **filters: str
    ) -> bytes:
        """The same figures as a file."""
        answer = await self._send("GET", f"/v1/statistics/{what}", params={"format": form, **filters})
        return answer.content

    async def quotas(self) -> types.QuotasOut:
        """Each of your quotas, how much of it is used, and when it frees."""
        return await self._json("GET", "/v1/statistics/quotas")

    async def quality(self, **filters: str) -> _Json:
        """How well what was found held when people looked."""
        return await self._json("GET", "/v1/quality", params=filters)

    # What is told

    async def events(self, after: int = 0, wait_s: float = 0, **filters: str) -> AsyncIterator[_Json]:
        """Events after this number, in order, as many as there are now; `wait_s`: waits that long for a first one."""
        async for each in self._numbered("/v1/events", "events", after, filters, wait_s):
            yield each

    async def follow(self, after: int = 0) -> AsyncIterator[_Json]:
        """Events after this number as they come, for as long as the connection holds."""
        params = {"after": str(after)}
        async with self._http.stream("GET", "/v1/events/stream", params=params, timeout=None) as answer:
            if not answer.is_success:
                await answer.aread()
                raise _problem_of(answer)
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    async def webhooks(self) -> types.WebhooksOut:
        """The addresses that are told."""
        return await self._json("GET", "/v1/webhooks")

    async def webhook(self, webhook_id: str) -> types.WebhookOut:
        """An address that is told."""
        return await self._json("GET", f"/v1/webhooks/{_part(webhook_id)}")

    async def add_webhook(self, url: str, kinds: Sequence[str] = ()) -> types.WebhookMade:
        """Has an address told; its secret is in this answer and in no other."""
        return await self._json("POST", "/v1/webhooks", json={"url": url, "kinds": list(kinds)})

    async def remove_webhook(self, webhook_id: str) -> None:
        """Tells the address no longer."""
        await self._send("DELETE", f"/v1/webhooks/{_part(webhook_id)}")

    async def enable_webhook(self, webhook_id: str) -> types.WebhookOut:
        """Tells an address again that was disabled."""
        return await self._json("POST", f"/v1/webhooks/{_part(webhook_id)}/enable", is_again=True)

    async def rotate_secret(self, webhook_id: str) -> types.SecretOut:
        """Another secret for the address; it is in this answer and in no other."""
        return await self._json("POST", f"/v1/webhooks/{_part(webhook_id)}/secret")

    async def rotate_callback_secret(self) -> types.SecretOut:
        """Another secret for the addresses that come with orders."""
        return await self._json("POST", "/v1/webhooks/callback-secret")

    async def redeliver(
        self, webhook_id: str, *, sequence: int | None = None, since: int | None = None, parked: bool = False
    ) -> types.AgainOut:
        """Has the address told again: of one event, of every event after a number, or of everything that was parked."""
        body = _given(sequence=sequence, since=since) | ({"parked": True} if parked else {})
        return await self._json("POST", f"/v1/webhooks/{_part(webhook_id)}/redeliver", json=body, is_again=True)

    async def webhook_deliveries(self, webhook_id: str, **filters: str) -> AsyncIterator[_Json]:
        """What the address was told of; `state`."""
        async for each in self._pages(f"/v1/webhooks/{_part(webhook_id)}/deliveries", "deliveries", filters):
            yield each

    async def deliveries(self, **filters: str) -> AsyncIterator[_Json]:
        """What any address was told of; `state`, `webhook_id`."""
        async for each in self._pages("/v1/deliveries", "deliveries", filters):
            yield each

    async def retry_delivery(self, sequence: int, webhook_id: str | None = None) -> None:
        """Tells of one event again."""
        path = f"/v1/deliveries/{sequence}/retry"
        await self._send("POST", path, params=_given(webhook_id=webhook_id), is_again=True)

    # What a customer sets for itself

    async def depth_rules(self) -> types.DepthRulesOut:
        """The rules in force of how deep broadcasts are looked into."""
        return await self._json("GET", "/v1/depth")

    async def depth_versions(self) -> list[types.DepthRulesOut]:
        """Their versions, the latest first."""
        return list((await self._json("GET", "/v1/depth/versions"))["versions"])

    async def put_depth_rules(self, settings: Mapping[str, Any], *, if_match: str | None = None) -> types.DepthRulesOut:
        """Sets the rules; `if_match`: the name of the version that they replace."""
        return await self._json("PUT", "/v1/depth", json=dict(settings), headers=_if_match(if_match))

    async def suggestions(self) -> types.SuggestionsOut:
        """The thresholds in force of what is advised about findings."""
        return await self._json("GET", "/v1/suggestions")

    async def suggestion_versions(self) -> list[types.SuggestionsOut]:
        """Their versions, the latest first."""
        return list((await self._json("GET", "/v1/suggestions/versions"))["versions"])

    async def put_suggestions(
        self, settings: Mapping[str, Any], *, if_match: str | None = None
    ) -> types.SuggestionsOut:
        """Sets the thresholds; `if_match`: the name of the version that they replace."""
        return await self._json("PUT", "/v1/suggestions", json=dict(settings), headers=_if_match(if_match))

    async def try_suggestions(self, settings: Mapping[str, Any]) -> types.TriedOut:
        """What these thresholds would have advised of the latest findings."""
        return await self._json("POST", "/v1/suggestions/try", json=dict(settings), is_again=True)

    async def words(self) -> types.WordsOut:
        """Your word list in force."""
        return await self._json("GET", "/v1/words")

    async def word_versions(self) -> list[types.WordsOut]:
        """Its versions, the latest first."""
        return list((await self._json("GET", "/v1/words/versions"))["versions"])

    async def put_words(self, words: Sequence[Mapping[str, Any]], *, if_match: str | None = None) -> types.WordsOut:
        """Replaces the list; `if_match`: the name of the version that it replaces."""
        body = {"words": [dict(word) for word in words]}
        return await self._json("PUT", "/v1/words", json=body, headers=_if_match(if_match))

    async def add_word(self, word: Mapping[str, Any]) -> types.WordsOut:
        """Puts a word on the list."""
        return await self._json("POST", "/v1/words", json=dict(word), is_again=True)

    async def remove_word(self, word_id: str) -> types.WordsOut:
        """Takes a word off the list."""
        return await self._json("DELETE", f"/v1/words/{_part(word_id)}")

    async def try_words(self, words: Sequence[Mapping[str, Any]]) -> types.WordsTriedOut:
        """What these words would have done to what was said and found last."""
        body = {"words": [dict(word) for word in words]}
        return await self._json("POST", "/v1/words/try", json=body, is_again=True)

    # Whether it is there

    async def alive(self) -> _Json:
        """The server's process answers."""
        return await self._json("GET", "/healthz")

    async def ready(self) -> types.ReadyOut:
        """Its database answers; with the workers that are there."""
        return await self._json("GET", "/readyz")

    async def _pages(self, path: str, name: str, filters: Mapping[str, str]) -> AsyncIterator[Any]:
        after: str | None = None
        while True:
            page = await self._json("GET", path, params={**filters} | _given(after=after))
            for each in page[name]:
                yield each
            after = page["next_after"]
            if after is None:
                return

    async def _numbered(
        self, path: str, name: str, after: int, filters: Mapping[str, str], wait_s: float = 0
    ) -> AsyncIterator[Any]:
        more = True
        while more:
            wait = {"wait": str(wait_s)} if wait_s else {}
            page = await self._json("GET", path, params={"after": str(after), **wait, **filters})
            for each in page[name]:
                yield each
            after, more, wait_s = page["next_after"], page["more"], 0

    async def _json(self, method: str, path: str, **more: Any) -> Any:
        return (await self._send(method, path, **more)).json()

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return await self._retrying(self._once, method, path, **more)
        except _TryAgain as error:
            raise error.problem from None
        except _Lost as error:
            raise error.error from None

    async def _once(self, method: str, path: str, *, is_again: bool = False, **more: Any) -> httpx.Response:
        try:
            answer = await self._http.request(method, path, **more)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise
        except httpx.TransportError as error:
            if _may_repeat(method, more.get("headers") or {}, is_again):
                raise
            raise _Lost(error) from error
        return _checked(answer)


# What follows is made from AsyncZhenyan by `python -m scripts.write_client`.


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

    def __enter__(self) -> Zhenyan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back."""
        self._http.close()

    # Broadcasts

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
        title: str | None = None,
        priority: Literal["normal", "background", "urgent"] | None = None,
        policy: str | None = None,
        depth: Mapping[str, Any] | None = None,
        request_key: str | None = None,
    ) -> types.StreamOut:
        """Orders the screening of a broadcast; the same `request_key` again is the same order."""
        body: _Json = {"url": url, "host": host, "products": list(products), "passports": list(passports)}
        body |= _given(started_at=started_at, external_id=external_id, max_hours=max_hours)
        body |= _given(title=title, priority=priority, policy=policy, depth=depth)
        if callback_url is not None:
            body["callback"] = {"url": callback_url}
        headers = {"Idempotency-Key": request_key or str(uuid.uuid4())}
        return self._json("POST", "/v1/streams", json=body, headers=headers)

    def stream(self, stream_id: str) -> types.StreamOut:
        """Where the broadcast stands, how much of it was analysed, and what is advised about it."""
        return self._json("GET", f"/v1/streams/{_part(stream_id)}")

    def streams(self, **filters: str) -> Iterator[types.StreamOut]:
        """Your broadcasts, those ordered last first; `state`, `wanted`, `host_id`, `external_id`."""
        yield from self._pages("/v1/streams", "streams", filters)

    def stop(self, stream_id: str) -> types.StreamOut:
        """Stops the screening; what was found stays."""
        return self._json("DELETE", f"/v1/streams/{_part(stream_id)}")

    def put_on_sale(self, stream_id: str, product_id: str | None, at_ms: int | None = None) -> types.FactsReceivedOut:
        """Tells which product the host explains from this moment on; None: none."""
        body: _Json = {"product_id": product_id} | _given(at_ms=at_ms)
        return self._json("PUT", f"/v1/streams/{_part(stream_id)}/on-sale", json=body)

    def put_facts(self, stream_id: str, facts: Sequence[Fact]) -> types.FactsReceivedOut:
        """Tells what the platform knows."""
        return self._json("PUT", f"/v1/streams/{_part(stream_id)}/facts", json=list(facts))

    def health(self, stream_id: str) -> _Json:
        """What ails the broadcast now."""
        return self._json("GET", f"/v1/streams/{_part(stream_id)}/health")

    def passages(self, stream_id: str, after: int = 0, **filters: str) -> Iterator[_Json]:
        """What was said and shown, in the order in which it was written, as much as there is now."""
        yield from self._numbered(f"/v1/streams/{_part(stream_id)}/passages", "passages", after, filters)

    def transcript(self, stream_id: str, **filters: str) -> str:
        """What was said and shown as WebVTT; `channel`, `from_ms`, `to_ms`."""
        answer = self._send("GET", f"/v1/streams/{_part(stream_id)}/transcript.vtt", params=filters)
        return answer.text

    def stretches(self, after: int = 0, wait_s: float = 0, **filters: str) -> Iterator[_Json]:
        """What was heard, read and covered of each stretch after this number, as many as there are now."""
        yield from self._numbered("/v1/stretches", "stretches", after, filters, wait_s)

    # Passports

    def put_passport(self, passport: Mapping[str, Any], *, if_match: str | None = None) -> types.PassportOut:
        """Registers a passport in the short or the long form; `if_match`: the version that it replaces."""
        product_id = str(passport.get("id") or passport.get("passport_id") or "")
        path = f"/v1/passports/{_part(product_id)}"
        return self._json("PUT", path, json=dict(passport), headers=_if_match(if_match))

    def put_passports(self, content: bytes, media_type: str = _LINES) -> types.BatchStoredOut:
        """Registers many passports, a record a line, or a table; each row is answered by itself."""
        headers = {"Content-Type": media_type}
        timeout = max(_CHECK_S, self._timeout_s)
        path = "/v1/passports:batch"
        return self._json("POST", path, content=content, headers=headers, timeout=timeout, is_again=True)

    def put_all(self, passports: Iterable[Mapping[str, Any]]) -> types.BatchStoredOut:
        """Registers these passports in one request, of at most 2,000."""
        return self.put_passports("\n".join(json.dumps(dict(one), ensure_ascii=False) for one in passports).encode())

    def passport(self, product_id: str, version: str | None = None) -> types.PassportOut:
        """The passport in force, or this version of it."""
        return self._json("GET", f"/v1/passports/{_part(product_id)}", params=_given(version=version))

    def passport_versions(self, product_id: str) -> list[types.PassportLineOut]:
        """Every version of the passport, the latest first."""
        found = self._json("GET", f"/v1/passports/{_part(product_id)}/versions")
        return list(found["versions"])

    def retire_passport(self, product_id: str, *, if_match: str | None = None) -> types.PassportLineOut:
        """Takes the passport out of force; its versions stay."""
        return self._json("DELETE", f"/v1/passports/{_part(product_id)}", headers=_if_match(if_match))

    def passports(self, gtin: str | None = None) -> Iterator[types.PassportLineOut]:
        """Your passports by product, or those with this GTIN."""
        yield from self._pages("/v1/passports", "passports", _given(gtin=gtin))

    def code(self, code: str) -> types.CodeOut:
        """The passports of the product with this bar code or GS1 Digital Link."""
        return self._json("GET", f"/v1/codes/{_part(code)}")

    # Before the broadcast, and archives

    def check(self, text: str, *, products: Sequence[str] = (), **more: Any) -> types.CheckOut:
        """What a script, page or caption claims and may not, before the broadcast."""
        sent = {"text": text, "products": list(products)} | more
        timeout = max(_CHECK_S, self._timeout_s)
        return self._json("POST", "/v1/check", json=sent, timeout=timeout, is_again=True)

    def check_catalogue(
        self, rows: Sequence[Mapping[str, Any]], *, products: Sequence[str] = (), **more: Any
    ) -> types.CatalogueOut:
        """What each row of a catalogue claims and may not; a row has `text` and may have `product_id`."""
        sent = {"rows": [dict(row) for row in rows], "products": list(products)} | more
        timeout = max(_CHECK_S, self._timeout_s)
        return self._json("POST", "/v1/check/catalogue", json=sent, timeout=timeout, is_again=True)

    def order_batch(
        self, urls: Sequence[str], *, host: Host, request_key: str | None = None, **more: Any
    ) -> types.BatchFilesOut:
        """Orders the screening of an archive's files; the same `request_key` again is the same order."""
        headers = {"Idempotency-Key": request_key or str(uuid.uuid4())}
        body = {"urls": list(urls), "host": host} | more
        return self._json("POST", "/v1/batches", json=body, headers=headers)

    def order_reanalysis(
        self,
        stream_id: str,
        *,
        model: str | None = None,
        policy: str | None = None,
        passports: Sequence[Mapping[str, str]] = (),
        start_ms: int = 0,
        end_ms: int | None = None,
        request_key: str | None = None,
    ) -> types.ReanalysisOut:
        """Orders that a recorded broadcast, or a stretch of it, is analysed again; name what by."""
        body = _given(stream_id=stream_id, model=model, policy=policy, end_ms=end_ms)
        body |= {"start_ms": start_ms, "passports": list(passports)}
        headers = {"Idempotency-Key": request_key or str(uuid.uuid4())}
        return self._json("POST", "/v1/reanalyses", json=body, headers=headers)

    def reanalyses(self, **filters: str) -> Iterator[types.ReanalysisOut]:
        """Your re-analyses, those ordered last first; `filters` as the interface has them."""
        yield from self._pages("/v1/reanalyses", "reanalyses", filters)

    def reanalysis(self, reanalysis_id: str) -> types.ReanalysisOut:
        """How far the re-analysis is, and how much differs."""
        return self._json("GET", f"/v1/reanalyses/{_part(reanalysis_id)}")

    def reanalysed(self, reanalysis_id: str, **filters: str) -> Iterator[types.ComparedOut]:
        """Each claim as it was found before and as it is found now; `filters` as the interface has them."""
        path = f"/v1/reanalyses/{_part(reanalysis_id)}/findings"
        yield from self._pages(path, "findings", filters)

    def cancel_reanalysis(self, reanalysis_id: str) -> types.ReanalysisOut:
        """Ends the re-analysis."""
        return self._json("DELETE", f"/v1/reanalyses/{_part(reanalysis_id)}")

    def batches(self) -> Iterator[types.BatchOut]:
        """Your batches, those ordered last first."""
        yield from self._pages("/v1/batches", "batches", {})

    def batch(self, batch_id: str) -> types.BatchFilesOut:
        """How far the batch is, and each of its files."""
        return self._json("GET", f"/v1/batches/{_part(batch_id)}")

    def cancel_batch(self, batch_id: str) -> types.BatchFilesOut:
        """Ends the batch; what was found stays."""
        return self._json("DELETE", f"/v1/batches/{_part(batch_id)}")

    # What was found and decided

    def findings(self, after: int = 0, **filters: str) -> Iterator[types.FindingOut]:
        """Findings in the order in which they were found, as many as there are now."""
        yield from self._numbered("/v1/findings", "findings", after, filters)

    def findings_page(self, after: int = 0, **filters: str) -> types.FindingsOut:
        """A page of findings; `next_after` is never null: kept, it is where to go on, now if `more`, else later."""
        return self._json("GET", "/v1/findings", params={"after": str(after), **filters})

    def clip(self, finding_id: str) -> bytes:
        """The finding's clip, as MP4."""
        return (self._send("GET", f"/clips/{_part(finding_id)}.mp4")).content

    def peaks(self, finding_id: str) -> types.PeaksOut:
        """The loudness of the finding's clip."""
        return self._json("GET", f"/clips/{_part(finding_id)}.peaks.json")

    def cases(self, **filters: str) -> Iterator[types.CaseOut]:
        """Cases, the most pressing first."""
        yield from self._pages("/v1/cases", "cases", filters)

    def case(self, case_id: str) -> types.CaseDetailOut:
        """A case with its findings and decisions."""
        return self._json("GET", f"/v1/cases/{_part(case_id)}")

    def decide(self, case_id: str, decision: Mapping[str, Any]) -> types.DecisionOut:
        """Decides the case; the same `request_id` again is the same decision."""
        return self._json("POST", f"/v1/cases/{_part(case_id)}/decisions", json=dict(decision), is_again=True)

    def correct(self, case_id: str, correction: Mapping[str, Any]) -> types.CorrectionOut:
        """Corrects what was heard; the same `request_id` again is the same correction."""
        return self._json("POST", f"/v1/cases/{_part(case_id)}/corrections", json=dict(correction), is_again=True)

    def evidence(self, case_id: str) -> bytes:
        """The signed pack of a case, as a zip."""
        return (self._send("GET", f"/v1/evidence/{_part(case_id)}")).content

    def keys(self) -> types.KeysOut:
        """The public keys by which packs are checked."""
        return self._json("GET", "/v1/keys")

    def host(self, host_id: str) -> types.HostFileOut:
        """A host's file: strikes, measures, appeals."""
        return self._json("GET", f"/v1/hosts/{_part(host_id)}")

    def blacklist(self) -> _Json:
        """Who may not broadcast now."""
        return self._json("GET", "/v1/blacklist")

    def file_complaint(self, complaint: Mapping[str, Any], *, request_key: str | None = None) -> types.ComplaintOut:
        """Files a viewer's complaint; the same `request_key` again is the same complaint."""
        headers = {"Idempotency-Key": request_key or str(uuid.uuid4())}
        return self._json("POST", "/v1/complaints", json=dict(complaint), headers=headers)

    def complaint_pack(self, receipt: str) -> bytes:
        """The pack behind a complaint's receipt, as a zip."""
        return (self._send("GET", f"/v1/complaints/{_part(receipt)}/pack")).content

    # How much there was

    def count_findings(self, **filters: str) -> types.StatisticsOut:
        """How many findings there were; `by`, `from`, `to`, `host_id`."""
        return self._json("GET", "/v1/statistics/findings", params=filters)

    def count_coverage(self, **filters: str) -> types.StatisticsOut:
        """How much of broadcasts was analysed; `by`, `from`, `to`, `host_id`."""
        return self._json("GET", "/v1/statistics/coverage", params=filters)

    def count_usage(self, **filters: str) -> types.StatisticsOut:
        """What your keys asked for; `from`, `to`."""
        return self._json("GET", "/v1/statistics/usage", params=filters)

    def export(
        self, what: Literal["findings", "coverage", "usage"], form: Literal["csv", "parquet"], **filters: str
    ) -> bytes:
        """The same figures as a file."""
        answer = self._send("GET", f"/v1/statistics/{what}", params={"format": form, **filters})
        return answer.content

    def quotas(self) -> types.QuotasOut:
        """Each of your quotas, how much of it is used, and when it frees."""
        return self._json("GET", "/v1/statistics/quotas")

    def quality(self, **filters: str) -> _Json:
        """How well what was found held when people looked."""
        return self._json("GET", "/v1/quality", params=filters)

    # What is told

    def events(self, after: int = 0, wait_s: float = 0, **filters: str) -> Iterator[_Json]:
        """Events after this number, in order, as many as there are now; `wait_s`: waits that long for a first one."""
        yield from self._numbered("/v1/events", "events", after, filters, wait_s)

    def follow(self, after: int = 0) -> Iterator[_Json]:
        """Events after this number as they come, for as long as the connection holds."""
        params = {"after": str(after)}
        with self._http.stream("GET", "/v1/events/stream", params=params, timeout=None) as answer:
            if not answer.is_success:
                answer.read()
                raise _problem_of(answer)
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    def webhooks(self) -> types.WebhooksOut:
        """The addresses that are told."""
        return self._json("GET", "/v1/webhooks")

    def webhook(self, webhook_id: str) -> types.WebhookOut:
        """An address that is told."""
        return self._json("GET", f"/v1/webhooks/{_part(webhook_id)}")

    def add_webhook(self, url: str, kinds: Sequence[str] = ()) -> types.WebhookMade:
        """Has an address told; its secret is in this answer and in no other."""
        return self._json("POST", "/v1/webhooks", json={"url": url, "kinds": list(kinds)})

    def remove_webhook(self, webhook_id: str) -> None:
        """Tells the address no longer."""
        self._send("DELETE", f"/v1/webhooks/{_part(webhook_id)}")

    def enable_webhook(self, webhook_id: str) -> types.WebhookOut:
        """Tells an address again that was disabled."""
        return self._json("POST", f"/v1/webhooks/{_part(webhook_id)}/enable", is_again=True)

    def rotate_secret(self, webhook_id: str) -> types.SecretOut:
        """Another secret for the address; it is in this answer and in no other."""
        return self._json("POST", f"/v1/webhooks/{_part(webhook_id)}/secret")

    def rotate_callback_secret(self) -> types.SecretOut:
        """Another secret for the addresses that come with orders."""
        return self._json("POST", "/v1/webhooks/callback-secret")

    def redeliver(
        self, webhook_id: str, *, sequence: int | None = None, since: int | None = None, parked: bool = False
    ) -> types.AgainOut:
        """Has the address told again: of one event, of every event after a number, or of everything that was parked."""
        body = _given(sequence=sequence, since=since) | ({"parked": True} if parked else {})
        return self._json("POST", f"/v1/webhooks/{_part(webhook_id)}/redeliver", json=body, is_again=True)

    def webhook_deliveries(self, webhook_id: str, **filters: str) -> Iterator[_Json]:
        """What the address was told of; `state`."""
        yield from self._pages(f"/v1/webhooks/{_part(webhook_id)}/deliveries", "deliveries", filters)

    def deliveries(self, **filters: str) -> Iterator[_Json]:
        """What any address was told of; `state`, `webhook_id`."""
        yield from self._pages("/v1/deliveries", "deliveries", filters)

    def retry_delivery(self, sequence: int, webhook_id: str | None = None) -> None:
        """Tells of one event again."""
        path = f"/v1/deliveries/{sequence}/retry"
        self._send("POST", path, params=_given(webhook_id=webhook_id), is_again=True)

    # What a customer sets for itself

    def depth_rules(self) -> types.DepthRulesOut:
        """The rules in force of how deep broadcasts are looked into."""
        return self._json("GET", "/v1/depth")

    def depth_versions(self) -> list[types.DepthRulesOut]:
        """Their versions, the latest first."""
        return list(self._json("GET", "/v1/depth/versions")["versions"])

    def put_depth_rules(self, settings: Mapping[str, Any], *, if_match: str | None = None) -> types.DepthRulesOut:
        """Sets the rules; `if_match`: the name of the version that they replace."""
        return self._json("PUT", "/v1/depth", json=dict(settings), headers=_if_match(if_match))

    def suggestions(self) -> types.SuggestionsOut:
        """The thresholds in force of what is advised about findings."""
        return self._json("GET", "/v1/suggestions")

    def suggestion_versions(self) -> list[types.SuggestionsOut]:
        """Their versions, the latest first."""
        return list(self._json("GET", "/v1/suggestions/versions")["versions"])

    def put_suggestions(self, settings: Mapping[str, Any], *, if_match: str | None = None) -> types.SuggestionsOut:
        """Sets the thresholds; `if_match`: the name of the version that they replace."""
        return self._json("PUT", "/v1/suggestions", json=dict(settings), headers=_if_match(if_match))

    def try_suggestions(self, settings: Mapping[str, Any]) -> types.TriedOut:
        """What these thresholds would have advised of the latest findings."""
        return self._json("POST", "/v1/suggestions/try", json=dict(settings), is_again=True)

    def words(self) -> types.WordsOut:
        """Your word list in force."""
        return self._json("GET", "/v1/words")

    def word_versions(self) -> list[types.WordsOut]:
        """Its versions, the latest first."""
        return list(self._json("GET", "/v1/words/versions")["versions"])

    def put_words(self, words: Sequence[Mapping[str, Any]], *, if_match: str | None = None) -> types.WordsOut:
        """Replaces the list; `if_match`: the name of the version that it replaces."""
        body = {"words": [dict(word) for word in words]}
        return self._json("PUT", "/v1/words", json=body, headers=_if_match(if_match))

    def add_word(self, word: Mapping[str, Any]) -> types.WordsOut:
        """Puts a word on the list."""
        return self._json("POST", "/v1/words", json=dict(word), is_again=True)

    def remove_word(self, word_id: str) -> types.WordsOut:
        """Takes a word off the list."""
        return self._json("DELETE", f"/v1/words/{_part(word_id)}")

    def try_words(self, words: Sequence[Mapping[str, Any]]) -> types.WordsTriedOut:
        """What these words would have done to what was said and found last."""
        body = {"words": [dict(word) for word in words]}
        return self._json("POST", "/v1/words/try", json=body, is_again=True)

    # Whether it is there

    def alive(self) -> _Json:
        """The server's process answers."""
        return self._json("GET", "/healthz")

    def ready(self) -> types.ReadyOut:
        """Its database answers; with the workers that are there."""
        return self._json("GET", "/readyz")

    def _pages(self, path: str, name: str, filters: Mapping[str, str]) -> Iterator[Any]:
        after: str | None = None
        while True:
            page = self._json("GET", path, params={**filters} | _given(after=after))
            yield from page[name]
            after = page["next_after"]
            if after is None:
                return

    def _numbered(
        self, path: str, name: str, after: int, filters: Mapping[str, str], wait_s: float = 0
    ) -> Iterator[Any]:
        more = True
        while more:
            wait = {"wait": str(wait_s)} if wait_s else {}
            page = self._json("GET", path, params={"after": str(after), **wait, **filters})
            yield from page[name]
            after, more, wait_s = page["next_after"], page["more"], 0

    def _json(self, method: str, path: str, **more: Any) -> Any:
        return self._send(method, path, **more).json()

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._retrying(self._once, method, path, **more)
        except _TryAgain as error:
            raise error.problem from None
        except _Lost as error:
            raise error.error from None

    def _once(self, method: str, path: str, *, is_again: bool = False, **more: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **more)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise
        except httpx.TransportError as error:
            if _may_repeat(method, more.get("headers") or {}, is_again):
                raise
            raise _Lost(error) from error
        return _checked(answer)
