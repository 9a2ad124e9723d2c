"""Sends mixed traffic through a LiteLLM proxy and tells what its clients saw: one JSON object a request, on standard output.

python traffic.py PROXY_URL API_KEY UPSTREAM_URL

outcome    answered, failed (an error instead of an answer), cut (an error within a stream), left (the client went),
           refused (the proxy turned it away before any deployment) or probed (the proxy's own health check)

Tokens are null where the client can't know them.
"""

import asyncio
import itertools
import json
import sys
import time
import urllib.parse

import openai

CONCURRENCY = 8
DEADLINE = 120
ERROR_MODELS = [
    "bad-request", "too-long", "filtered", "no-key", "forbidden", "not-found", "rate-limited",
    "broken", "overloaded", "gateway-timeout", "garbage", "hang", "refused",
]  # fmt: skip
WITH_USAGE = {"stream_options": {"include_usage": True}}

numbers = itertools.count(1)


def prompt():
    """A prompt that nobody has used before."""
    return "Question number " + str(next(numbers))


def seen(model, outcome, headers=None, **more):
    headers = headers or {}
    return {
        "model": model,
        "outcome": outcome,
        "stream": False,
        "served_by": headers.get("x-litellm-model-id"),
        "served_model": headers.get("x-litellm-model-group"),
        "from_cache": "x-litellm-cache-key" in headers,
        "retries": int(headers.get("x-litellm-attempted-retries", 0)),
        "fallbacks": int(headers.get("x-litellm-attempted-fallbacks", 0)),
        "cost": float(headers.get("x-litellm-response-cost") or 0),
        "chunks": 0,
        "input_tokens": None,
        "cached_tokens": None,
        "output_tokens": None,
    } | more


def tokens(usage):
    details = getattr(usage, "prompt_tokens_details", None)
    return {
        "input_tokens": usage.prompt_tokens,
        "cached_tokens": details and details.cached_tokens,
        "output_tokens": getattr(usage, "completion_tokens", 0),
    }


def failure(model, error, outcome="failed", **more):
    return seen(model, outcome, error.response.headers, **more)


class Clients:
    """What a client can do; each method is one request and returns what was seen of it."""

    def __init__(self, url, key, upstream_url):
        self.proxy_url = url
        self.upstream_url = upstream_url
        self.sdk = openai.AsyncOpenAI(base_url=url + "/v1", api_key=key, max_retries=0, timeout=DEADLINE)

    async def create(self, model, text, sdk=None, **more):
        messages = [{"role": "user", "content": text}]
        chat = (sdk or self.sdk).chat.completions.with_raw_response
        return await chat.create(model=model, messages=messages, **more)

    async def ask(self, model, text=None, **more):
        try:
            answer = await self.create(model, text or prompt(), **more)
        except openai.APIStatusError as error:
            return failure(model, error)
        return seen(model, "answered", answer.headers, **tokens(answer.parse().usage))

    async def embed(self, model):
        answer = await self.sdk.embeddings.with_raw_response.create(model=model, input=prompt())
        return seen(model, "answered", answer.headers, **tokens(answer.parse().usage))

    async def stream(self, model, text=None, leave_after=None, **more):
        text = text or prompt()
        try:
            answer = await self.create(model, text, stream=True, **more)
        except openai.APIStatusError as error:
            return failure(model, error, stream=True)
        counts = {"chunks": 0, "usage": None}
        outcome = await read(answer.parse(), counts, leave_after)
        counted = tokens(counts["usage"]) if counts["usage"] else {}
        return seen(model, outcome, answer.headers, stream=True, chunks=counts["chunks"], **counted)

    async def stream_quietly(self, model):
        """Without asking for the usage: the words of the prompt and the chunks of the answer are what there is to count."""
        text = prompt()
        result = await self.stream(model, text)
        return result | {"input_tokens": len(text.split()), "output_tokens": result["chunks"]}

    async def lose_patience(self, model, **more):
        """Goes before the first byte has come, but only when the upstream was asked: sooner there is nothing to count."""
        text = prompt()
        request = asyncio.create_task(self.create(model, text, **more))
        arrival = asyncio.create_task(self.sdk.get(self.upstream_place("arrivals", text), cast_to=object))
        await asyncio.wait((request, arrival), return_when=asyncio.FIRST_COMPLETED)
        assert not request.done(), f"{model} answered sooner than its client could leave: {request}"
        await arrival
        request.cancel()
        await asyncio.wait((request,))
        await self.sdk.put(self.upstream_place("departures", text), cast_to=object)
        return seen(model, "left", stream="stream" in more)

    def upstream_place(self, kind, text):
        return f"{self.upstream_url}/{kind}/{urllib.parse.quote(text)}"

    async def be_refused(self, model, **more):
        try:
            await self.create(model, prompt(), **more)
        except openai.APIStatusError as error:
            return failure(model, error, "refused")
        raise AssertionError(f"{model} was to be refused")

    async def check_health(self, model):
        """The proxy's own health check: a real request to every deployment of the model, and none of any client."""
        report = await self.sdk.get(f"{self.proxy_url}/health?model={model}", cast_to=object)
        return [seen(model, "probed")] * (report["healthy_count"] + report["unhealthy_count"])

    async def hit_the_cache(self, request):
        """Asks the same until an answer comes from the cache, and then once more."""
        deadline = time.monotonic() + DEADLINE
        results = []
        while sum(result["from_cache"] for result in results) < 2:
            assert time.monotonic() < deadline, "no answer has come from the cache"
            results.append(await request())
        return results


async def read(chunks, counts, leave_after):
    try:
        async for chunk in chunks:
            counts["usage"] = chunk.usage or counts["usage"]
            counts["chunks"] += bool(chunk.choices and chunk.choices[0].delta.content)
            if counts["chunks"] == leave_after:
                await chunks.close()
                return "left"
    except openai.APIError:
        return "cut"
    return "answered"


def mixed(clients):
    """Requests that may be sent in any order and at once."""
    once_again = {"extra_body": {"num_retries": 1}}
    yield from (clients.ask("chat") for _ in range(12))
    yield from (clients.stream("chat", **WITH_USAGE) for _ in range(12))
    yield from (clients.stream_quietly("quiet") for _ in range(4))
    yield from (clients.embed("embed") for _ in range(4))
    yield from (clients.ask(model) for model in ("free", "unpriced") for _ in range(2))
    yield from (clients.ask(model) for model in ERROR_MODELS for _ in range(2))
    yield from (clients.stream(model) for model in ("broken", "rate-limited", "hang"))
    yield from (clients.ask("rescued") for _ in range(3))
    yield clients.stream("rescued", **WITH_USAGE)
    yield from (clients.ask("doomed") for _ in range(2))
    yield from (clients.ask("flaky", **once_again) for _ in range(2))
    yield from (clients.stream("cut") for _ in range(3))
    yield from (clients.stream("cut-early") for _ in range(2))
    yield from (clients.stream("trickle", leave_after=2) for _ in range(3))
    yield clients.lose_patience("slow-stream", stream=True)
    yield clients.lose_patience("slow")


async def run(url, key, upstream_url):
    clients = Clients(url, key, upstream_url)
    gate = asyncio.Semaphore(CONCURRENCY)

    async def gated(request):
        async with gate:
            return await request

    results = await asyncio.gather(*map(gated, mixed(clients)))
    use_cache = {"extra_body": {"cache": {"use-cache": True}}}
    results += await clients.hit_the_cache(lambda: clients.ask("cached", "The same whole", **use_cache))
    results += await clients.hit_the_cache(lambda: clients.stream("cached", "The same stream", **WITH_USAGE, **use_cache))
    # Refusals come last: by then every model is known from its traffic.
    results += [await clients.be_refused("no-such-model") for _ in range(2)]
    # The proxy stamps the only deployment of a model onto such events, though it never asked it.
    results += [await clients.be_refused(model, extra_headers={"Authorization": ""}) for model in ("chat", "quiet")]
    results += await clients.check_health("quiet")
    return results


def main():
    _, url, key, upstream_url = sys.argv
    for result in asyncio.run(run(url, key, upstream_url)):
        print(json.dumps(result))


if __name__ == "__main__":
    main()
