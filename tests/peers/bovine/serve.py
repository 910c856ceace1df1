"""A bovine-herd server with one actor, on plain http behind a TLS front, and a control API beside it.

Usage: serve.py NAME.test PORT, in a folder where it may write. bovine asks the network for JSON-LD contexts and keeps
them in a cache; PEER_CONTEXTS is a JSON file, {url: context}, that is put into it before. Following back is a client's
matter in bovine, so the control API does it.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import aiohttp.connector
import aiohttp.resolver
import hypercorn.asyncio
import hypercorn.config
from bovine.jsonld import jsonld_cache
from bovine_herd import BovineHerd
from bovine_process import handle_outbox_item, process_outbox_item
from bovine_process.types import ProcessingItem
from bovine_store import BovineAdminStore
from bovine_store.models import StoredJsonObject
from bovine_store.store.collection import collection_all
from quart import Quart, request

HOST, PORT = sys.argv[1], int(sys.argv[2])
NAME = "bo"

# With aiodns, which bovine brings along, aiohttp would ask name servers and not the names of the test.
aiohttp.connector.DefaultResolver = aiohttp.resolver.ThreadedResolver

for url, context in json.loads(Path(os.environ["PEER_CONTEXTS"]).read_text()).items():
    if jsonld_cache.retrieve(url) is None:
        jsonld_cache.add(url, context)

app = Quart(__name__)
BovineHerd(app, db_url="sqlite://bovine.sqlite3")
registered = ""


@app.before_serving
async def register() -> None:
    global registered
    admin = BovineAdminStore(domain=HOST)
    registered = await admin.register(NAME)


async def me():
    return await app.config["bovine_store"].actor_for_name(registered)


@app.post("/control/act")
async def act():
    """Send an activity as the actor does from its outbox; bovine gives the ids."""
    actor = await me()
    data = {"@context": "https://www.w3.org/ns/activitystreams", "actor": actor.actor_id, **await request.get_json()}
    item = await handle_outbox_item(ProcessingItem(actor.actor_id, data), actor)
    await process_outbox_item(item, actor)
    return item.data


@app.post("/control/look")
async def look():
    """An object as bovine keeps it, or as it fetches it with a signed GET."""
    wanted = await request.get_json()
    return {"object": await (await me()).retrieve(wanted["id"], skip_fetch=not wanted.get("fetch", False))}


@app.post("/control/state")
async def state():
    actor = await me()
    shown = actor.actor_object
    inbox = [
        (await StoredJsonObject.get(id=item)).content for item in await collection_all(actor.actor_id, shown.inbox)
    ]
    return {
        "actor": shown.id,
        "followers_url": shown.followers,
        "followers": await collection_all(actor.actor_id, shown.followers),
        "following": await collection_all(actor.actor_id, shown.following),
        "inbox": inbox,
    }


@app.post("/control/collection")
async def collection():
    """likes, shares or replies of an object."""
    wanted = await request.get_json()
    return {"items": await collection_all((await me()).actor_id, f"{wanted['id']}/{wanted['of']}")}


async def behind_tls(scope, receive, send):
    """The front has ended TLS."""
    if scope["type"] == "http":
        scope["scheme"] = "https"
    await app(scope, receive, send)


if __name__ == "__main__":
    config = hypercorn.config.Config()
    config.bind = [f"127.0.0.1:{PORT}"]
    config.accesslog = config.errorlog = "-"
    asyncio.run(hypercorn.asyncio.serve(behind_tls, config, mode="asgi"))
