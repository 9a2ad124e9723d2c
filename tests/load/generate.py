#!/usr/bin/env python3
"""Writes LiteLLM callback events as NDJSON: a captured event, again and again, with other callers and models.

Every pair of a consumer (one key of one team) and a deployment of a model gets one event of the captured size, some 14 KB
with `model_map_information`, so that a receiver ends up with CONSUMERS x MODELS rows.
"""

import argparse
import itertools
import json
import uuid
from pathlib import Path

CAPTURE = Path(__file__).parent.parent / "data/litellm-callback/chat_success.json"
KEYS_PER_TEAM = 10


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--consumers", type=int, default=2500)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--deployments", type=int, default=1, help="deployments of each model")
    parser.add_argument("--batch", type=int, default=512, help="events in one file; LiteLLM sends at most 512 at once")
    parser.add_argument("folder", type=Path, help="receives batch-00000.ndjson and so on")
    return parser.parse_args()


def template():
    """A captured event as text, in which everything that varies is a placeholder."""
    event = json.loads(CAPTURE.read_text())[0]
    event |= {"id": "chatcmpl-@CALL@", "litellm_call_id": "@CALL@", "trace_id": "@TRACE@"}
    event |= {"model_group": "@MODEL@", "model_id": "dep-@MODEL@-@DEPLOYMENT@"}
    event["metadata"] |= {
        "user_api_key_hash": "hash-@CONSUMER@",
        "user_api_key_alias": "key-@CONSUMER@",
        "user_api_key_team_id": "team-@TEAM@",
        "user_api_key_team_alias": "team-@TEAM@",
    }
    return json.dumps(event)


def events(consumers, models, deployments):
    text = template()
    for consumer, model, deployment in itertools.product(range(consumers), range(models), range(deployments)):
        call = uuid.uuid4()
        yield (
            text.replace("@CALL@", str(call))
            .replace("@TRACE@", call.hex)
            .replace("@MODEL@", f"model-{model}")
            .replace("@DEPLOYMENT@", str(deployment))
            .replace("@CONSUMER@", str(consumer))
            .replace("@TEAM@", str(consumer // KEYS_PER_TEAM))
        )


def main():
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    batch = []
    written = 0
    for event in events(options.consumers, options.models, options.deployments):
        batch.append(event)
        if len(batch) == options.batch:
            write(options.folder, written, batch)
            batch, written = [], written + 1
    if batch:
        write(options.folder, written, batch)


def write(folder, number, batch):
    (folder / f"batch-{number:05}.ndjson").write_text("\n".join(batch) + "\n")


if __name__ == "__main__":
    main()
