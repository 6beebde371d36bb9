"""A model behind an OpenAI-compatible endpoint (vLLM, SGLang, Ollama, llama.cpp, a cloud), by the official client."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openai
from anyio.from_thread import start_blocking_portal

from cluster.second_reader.transport import build_client
from cluster.second_reader.types import ModelFailed, ModelLate, Reply, SecondReaderConfig
from net.guard import NetPolicy

_MOST_BYTES = 1_000_000
# The client insists on one; servers on one's own machine ask for none.
_NO_KEY = "none"


class EndpointModel:
    """Asks the configured endpoint; a call that is late is broken off, its connection closed."""

    def __init__(self, config: SecondReaderConfig) -> None:
        self.name = config.name
        self._most_tokens = config.most_tokens
        trust = Path(config.trust_ca) if config.trust_ca else None
        policy = NetPolicy.parse([config.place], trust)
        self._portal_owner = start_blocking_portal()
        self._portal = self._portal_owner.__enter__()
        self._http = build_client(policy, most_bytes=_MOST_BYTES, within_s=config.deadline_s)
        self._client = openai.AsyncOpenAI(
            api_key=config.key or _NO_KEY,
            base_url=config.url,
            http_client=self._http,
            max_retries=0,
            timeout=config.deadline_s,
        )
        self._completions: Any = self._client.chat.completions

    def say(self, messages: list[dict[str, str]], schema: Mapping[str, Any], *, within_s: float) -> Reply:
        """What the endpoint answers; raises ModelLate or ModelFailed."""
        reply: Reply = self._portal.call(self._say, messages, schema, within_s)
        return reply

    def close(self) -> None:
        """Closes its connections."""
        self._portal.call(self._http.aclose)
        self._portal_owner.__exit__(None, None, None)

    async def _say(self, messages: list[dict[str, str]], schema: Mapping[str, Any], within_s: float) -> Reply:
        wanted: Any = {"name": "second_reading", "schema": dict(schema), "strict": True}
        try:
            async with asyncio.timeout(within_s):
                answer = await self._completions.create(
                    model=self.name,
                    messages=messages,
                    temperature=0,
                    max_tokens=self._most_tokens,
                    response_format={"type": "json_schema", "json_schema": wanted},
                )
        except (TimeoutError, openai.APITimeoutError) as error:
            raise ModelLate(f"no answer within {within_s:g} s") from error
        except openai.APIStatusError as error:
            raise ModelFailed(f"it answered {error.status_code}") from error
        except openai.APIConnectionError as error:
            raise ModelFailed("it can't be reached, or broke off") from error
        except (openai.OpenAIError, ValueError, AttributeError, TypeError) as error:
            # A body that is no completion at all: the client tells of it in many ways.
            raise ModelFailed("its answer is no completion") from error
        return _reply(answer)


def _reply(answer: Any) -> Reply:
    """The first choice's text and the tokens told; what a strange server sends in their place is an error."""
    try:
        text = answer.choices[0].message.content
        usage = answer.usage
        tokens = (0, 0) if usage is None else (int(usage.prompt_tokens or 0), int(usage.completion_tokens or 0))
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ModelFailed("its answer is no completion") from error
    if not isinstance(text, str):
        raise ModelFailed("its answer holds no text")
    return Reply(text=text, tokens_in=max(0, tokens[0]), tokens_out=max(0, tokens[1]))
