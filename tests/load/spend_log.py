"""LiteLLM's spend log, filled with as many rows as are wanted."""

import json
import threading

import servers
from servers import READER, ROOT

MARK = "metadata of the first captured row"

# As LiteLLM 1.109 makes it.
TABLE = """
CREATE TABLE "LiteLLM_SpendLogs" (
    request_id text NOT NULL, call_type text NOT NULL, api_key text NOT NULL DEFAULT '',
    spend double precision NOT NULL DEFAULT 0, total_tokens integer NOT NULL DEFAULT 0,
    prompt_tokens integer NOT NULL DEFAULT 0, completion_tokens integer NOT NULL DEFAULT 0,
    "startTime" timestamp(3) NOT NULL, "endTime" timestamp(3) NOT NULL, "completionStartTime" timestamp(3),
    model text NOT NULL DEFAULT '', model_id text DEFAULT '', model_group text DEFAULT '',
    custom_llm_provider text DEFAULT '', api_base text DEFAULT '', "user" text DEFAULT '',
    metadata jsonb DEFAULT '{}', cache_hit text DEFAULT '', cache_key text DEFAULT '',
    request_tags jsonb DEFAULT '[]', team_id text, organization_id text, end_user text,
    requester_ip_address text, messages jsonb DEFAULT '{}', response jsonb DEFAULT '{}',
    litellm_call_id text, created_at timestamp(3) NOT NULL DEFAULT now(), updated_at timestamp(3) NOT NULL DEFAULT now(),
    status text, request_duration_ms integer, session_id text, proxy_server_request jsonb DEFAULT '{}');
"""

INDEXES = """
ALTER TABLE "LiteLLM_SpendLogs" ADD PRIMARY KEY (request_id);
CREATE INDEX ON "LiteLLM_SpendLogs" ("startTime");
CREATE INDEX ON "LiteLLM_SpendLogs" ("startTime", request_id);
"""

# {number} rows from {first} on; row n began at {began} and ended at {ended}. Of the rows of one call each has its own.
INSERT = """
INSERT INTO "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, total_tokens, prompt_tokens, completion_tokens,
    "startTime", "endTime", "completionStartTime", model, model_id, model_group, custom_llm_provider, api_base, "user",
    metadata, cache_hit, request_tags, team_id, organization_id, end_user, litellm_call_id, status, session_id)
SELECT '{prefix}-' || lpad(n::text, 30, '0'), 'acompletion', md5('key' || n % 500) || md5(''), 1e-6 * (n % 977),
    18 + n % 89, 9 + n % 89, 9, began, ended, ended, 'openai/gpt-4o-mini', 'dep-' || n % 20, 'model-' || n % 20, 'openai',
    'http://127.0.0.1:18080/v1/', 'user-' || n % 500, {metadata}, 'None',
    '["key-tag", "User-Agent: AsyncOpenAI/Python 2.54.0"]', md5('team' || n % 50), '', '', md5(n::text)::uuid::text,
    'success', md5('trace' || n)
FROM (SELECT n, ({began})::timestamp(3) AS began, ({ended})::timestamp(3) AS ended
      FROM generate_series({first}, {last}) n OFFSET 0) rows;
"""

NOW = "(clock_timestamp() AT TIME ZONE 'UTC')"
SMALL = "'{\"attempted_retries\": 0}'"


def large(captured):
    """12 KB of JSON a row: what a real LiteLLM wrote, with the values of each row's own that its callers and its calls bring."""
    own = """jsonb_build_object('litellm_call_id', md5(n::text)::uuid::text, 'user_api_key', md5('key' || n % 500) || md5(''),
        'user_api_key_alias', 'key-' || n % 500, 'user_api_key_team_alias', 'team-' || n % 50,
        'litellm_overhead_time_ms', n % 6151 / 7.0, 'spend_logs_metadata', jsonb_build_object('job', (
            SELECT jsonb_agg(md5(n::text || part)) FROM generate_series(1, 16) part)))"""
    return f"($metadata${json.dumps(captured)}$metadata$::jsonb || {own})"


def captured_metadata():
    with (ROOT / "tests/data/spend-log/rows.jsonl").open() as rows:
        return json.loads(rows.readline())["metadata"]


def insert(first, last, began, ended, metadata=None, prefix="chatcmpl"):
    """The statement that adds the rows first..last, whose times are expressions of `n`."""
    metadata = metadata or large(captured_metadata())
    return INSERT.format(prefix=prefix, first=first, last=last, began=began, ended=ended, metadata=metadata)


def make(server, database=servers.OWNER):
    """An empty table that the exporter may read; indexes come when it is filled."""
    server.execute(f'{TABLE} GRANT SELECT ON "LiteLLM_SpendLogs" TO {READER}', database)


def fill(server, total, statement, database=servers.OWNER, hands=2):
    """Adds so many rows in as many sessions as there are hands: `statement` has the one that adds the rows first..last."""
    bounds = [total * hand // hands for hand in range(hands + 1)]
    spans = [(first + 1, last) for first, last in zip(bounds, bounds[1:]) if last > first]
    threads = [threading.Thread(target=server.execute, args=(statement(*span), database)) for span in spans]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


def log_statements(server, database=servers.OWNER):
    """From now on the server's log has every statement of the exporter's, and how long it took."""
    server.execute(f"ALTER ROLE {READER} SET log_min_duration_statement = 0", database)


def config(url, start):
    return (
        f'database: {{url: "{url}"}}\nprobes: {{enabled: false}}\n'
        f"sources: {{litellm_spend_logs: {{start: {start}}}}}\nshutdown: {{delay: 0s}}\n"
    )
