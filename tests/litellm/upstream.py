"""A stand-in for OpenAI's API. The first part of the path says how it behaves:

ok          answers                              cut         breaks a stream off after three tokens
slow        answers once its client has left     cut-early   breaks a stream off before the first one
trickle     streams three tokens, then nothing   flaky       fails the first time it sees a prompt
hang        never answers                        garbage     answers 200 with something that is no JSON

or the name of an error in ERRORS. A word is a token: the prompt's words are the input, ANSWER's the output. A slow
stream goes on like a trickle: the proxy has all the time it needs to notice that its client has left.

GET /arrivals/PROMPT answers when a request with that prompt has come; PUT /departures/PROMPT says that whoever sent it
has left.

Prints "listening on URL" when it is ready. Ends when its standard input does.
"""

import asyncio
import collections
import itertools
import json
import os
import sys
import threading
import time

from aiohttp import web

ANSWER = ["Counting", " words", " is", " all", " I", " do"]
CACHED_TOKENS = 1
REASONING_TOKENS = 2
RATE_LIMITS = {
    "x-ratelimit-limit-requests": "5000",
    "x-ratelimit-remaining-requests": "4999",
    "x-ratelimit-limit-tokens": "800000",
    "x-ratelimit-remaining-tokens": "799000",
}
ERRORS = {
    "bad-request": (400, "invalid_value", "temperature must be at most 2"),
    "too-long": (400, "context_length_exceeded", "This model's maximum context length is 8192 tokens"),
    "filtered": (400, "content_filter", "The prompt was filtered"),
    "no-key": (401, "invalid_api_key", "Incorrect API key provided"),
    "forbidden": (403, "forbidden", "The project has no access"),
    "not-found": (404, "model_not_found", "The model does not exist"),
    "rate-limited": (429, "rate_limit_exceeded", "Rate limit reached"),
    "broken": (500, "server_error", "The server had an error"),
    "overloaded": (503, "service_unavailable", "The engine is overloaded"),
    "gateway-timeout": (504, "timeout", "No answer in time"),
}

numbers = itertools.count(1)
seen_prompts = set()
arrivals = collections.defaultdict(asyncio.Event)
departures = collections.defaultdict(asyncio.Event)


def unique_id(kind):
    return f"{kind}-{os.getpid()}-{next(numbers)}"


def error(name):
    status, code, message = ERRORS[name]
    body = {"error": {"message": message, "type": code, "param": None, "code": code}}
    return web.json_response(body, status=status)


def words(prompt):
    return len(prompt.split())


def usage(prompt):
    return {
        "prompt_tokens": words(prompt),
        "completion_tokens": len(ANSWER),
        "total_tokens": words(prompt) + len(ANSWER),
        "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS},
        "completion_tokens_details": {"reasoning_tokens": REASONING_TOKENS},
    }


async def misbehave(behaviour, prompt):
    """The answer that is none, where the behaviour asks for one; waits where it asks for that."""
    if behaviour in ERRORS:
        return error(behaviour)
    if behaviour == "garbage":
        return web.Response(text="<html>It works!</html>", content_type="text/html")
    if behaviour == "flaky" and prompt not in seen_prompts:
        seen_prompts.add(prompt)
        return error("broken")
    if behaviour == "slow":
        await departures[prompt].wait()
    if behaviour == "hang":
        await never()
    return None


async def never():
    await asyncio.Event().wait()


async def chat(request):
    behaviour, body = request.match_info["behaviour"], await request.json()
    prompt = " ".join(message["content"] for message in body["messages"])
    arrivals[prompt].set()
    if answer := await misbehave(behaviour, prompt):
        return answer
    head = {"id": unique_id("chatcmpl"), "created": int(time.time()), "model": body["model"]}
    if body.get("stream"):
        return await stream(request, behaviour, head | {"object": "chat.completion.chunk"}, usage(prompt))
    message = {"role": "assistant", "content": "".join(ANSWER)}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    answer = head | {"object": "chat.completion", "choices": choices, "usage": usage(prompt)}
    return web.json_response(answer, headers=RATE_LIMITS)


async def stream(request, behaviour, head, totals):
    response = web.StreamResponse(headers=RATE_LIMITS | {"content-type": "text/event-stream"})
    await response.prepare(request)

    async def send(choices, **more):
        await response.write(b"data: " + json.dumps(head | {"choices": choices} | more).encode() + b"\n\n")

    for position, word in enumerate(ANSWER):
        if (behaviour, position) in (("cut", 3), ("cut-early", 0)):
            # What was written must have left before the connection goes.
            await asyncio.sleep(0.1)
            request.transport.abort()
            return response
        if behaviour in ("slow", "trickle") and position == 3:
            await never()
        await send([{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}])
        await asyncio.sleep(0.01)
    await send([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    await send([], usage=totals)
    await response.write(b"data: [DONE]\n\n")
    return response


async def await_arrival(request):
    await arrivals[request.match_info["prompt"]].wait()
    return web.json_response({})


async def note_departure(request):
    departures[request.match_info["prompt"]].set()
    return web.json_response({})


async def embeddings(request):
    body = await request.json()
    inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
    tokens = sum(map(words, inputs))
    data = [{"object": "embedding", "index": index, "embedding": [0.5, 0.5]} for index in range(len(inputs))]
    totals = {"prompt_tokens": tokens, "total_tokens": tokens}
    return web.json_response({"object": "list", "model": body["model"], "data": data, "usage": totals})


async def serve():
    app = web.Application()
    app.router.add_post("/{behaviour}/v1/chat/completions", chat)
    app.router.add_post("/{behaviour}/v1/embeddings", embeddings)
    app.router.add_get("/arrivals/{prompt}", await_arrival)
    app.router.add_put("/departures/{prompt}", note_departure)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


def die_with_parent():
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=die_with_parent, daemon=True).start()
    asyncio.run(serve())
