"""A site with one actor that federates by pubby, on plain http behind a TLS front, and a control API beside it.

Usage: serve.py NAME.test PORT, in a folder where it may write. pubby does signatures, inbox, delivery and the actor; as
its manual asks of a site, this program serves the Notes, builds its posts, and remembers whom it follows.
"""

import json
import struct
import sys
import uuid
import zlib
from datetime import UTC, datetime

import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import Body, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pubby import ActivityPubHandler, Object
from pubby._exceptions import ActivityPubError
from pubby.quotes import allow_public_quotes, set_quote_target
from pubby.server.adapters.fastapi import bind_activitypub
from pubby.storage.adapters.db import init_db_storage
from pubby.webfinger import resolve_actor_url

HOST, PORT = sys.argv[1], int(sys.argv[2])
ORIGIN = f"https://{HOST}"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# A grey square, 8 by 8.
SQUARE = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress((b"\0" + b"\x80" * 8) * 8))
    + chunk(b"IEND", b"")
)

received: list[dict] = []  # every activity whose signature pubby has verified
answers: dict[str, str] = {}  # actor -> what it said to our Follow
deliveries: list[dict] = []
wire: list[dict] = []
documents: dict[str, dict] = {}  # path -> document that this site serves
sent: dict[str, dict] = {}  # id -> activity, for its Undo


def private_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


handler = ActivityPubHandler(
    init_db_storage("sqlite:///pubby.db"),
    {"base_url": ORIGIN, "username": "pub", "name": "Pub of pubby", "summary": "A real peer."},
    private_key=private_key(),
    max_retries=1,
    on_activity=lambda _, raw: received.append(raw),
    on_follow_response=lambda target, accepted: answers.update({target: "accepted" if accepted else "rejected"}),
    on_delivery_result=deliveries.append,
)
app = FastAPI()


@app.middleware("http")
async def record(request: Request, call_next):
    response = await call_next(request)
    if not request.url.path.startswith("/control/"):
        wire.append(
            {
                "method": request.method,
                "path": request.url.path,
                "status": response.status_code,
                "signed": "signature" in request.headers,
                "agent": request.headers.get("user-agent"),
            }
        )
    return response


bind_activitypub(app, handler)


@app.get("/picture{number}.png")
def picture(number: int):
    return Response(SQUARE, media_type="image/png")


@app.get("/notes/{number}")
def note(number: str):
    document = documents.get(f"/notes/{number}")
    if document is None:
        raise HTTPException(404)
    status = 410 if document["type"] == "Tombstone" else 200
    return JSONResponse(document, status, media_type="application/activity+json")


def now() -> datetime:
    return datetime.now(UTC)


def publish(activity: dict) -> dict:
    sent[activity["id"]] = activity
    return handler.publish_activity(activity)


def serve(document: dict) -> dict:
    context = ["https://www.w3.org/ns/activitystreams", {"gts": "https://gotosocial.org/ns#"}]
    documents[document["id"].removeprefix(ORIGIN)] = {"@context": context, **document}
    return document


def make_note(text: str, pictures: int, reply_to: str | None, mention: str | None) -> Object:
    number = uuid.uuid4().hex
    tag = [{"type": "Mention", "href": mention, "name": "@" + mention.rsplit("/", 1)[-1]}] if mention else []
    return Object(
        id=f"{ORIGIN}/notes/{number}",
        url=f"{ORIGIN}/notes/{number}",
        content=f"<p>{text}</p>",
        attributed_to=handler.actor_id,
        in_reply_to=reply_to,
        published=now(),
        tag=tag,
        to=[PUBLIC],
        cc=[handler.followers_url, *([mention] if mention else [])],
        attachment=[
            {"type": "Image", "mediaType": "image/png", "url": f"{ORIGIN}/picture{n}.png", "name": f"square {n}"}
            for n in range(pictures)
        ],
    )


notes: dict[str, Object] = {}


@app.post("/control/follow")
def follow(handle: str = Body(embed=True)):
    """By handle, which pubby resolves itself."""
    name, _, host = handle.lstrip("@").partition("@")
    target = resolve_actor_url(name, host)
    return publish(activity("Follow", target, [target]))


def activity(kind: str, about, to: list[str], **more) -> dict:
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{handler.actor_id}/activities/{uuid.uuid4()}",
        "type": kind,
        "actor": handler.actor_id,
        "object": about,
        "to": to,
        **more,
    }


@app.post("/control/undo")
def undo(id: str = Body(), target: str = Body()):
    document = handler.outbox.build_undo_activity(sent[id])
    return publish({**document, "to": [target], "cc": []})


@app.post("/control/post")
def post(text: str = Body(), pictures: int = Body(0), reply_to: str = Body(None), mention: str = Body(None)):
    made = make_note(text, pictures, reply_to, mention)
    notes[made.id] = made
    serve(allow_public_quotes(made.to_dict()))
    return handler.publish_object(made)


@app.post("/control/edit")
def edit(id: str = Body(), text: str = Body()):
    made = notes[id]
    made.content, made.updated = f"<p>{text}</p>", now()
    serve(made.to_dict())
    return handler.publish_object(made, "Update")


@app.post("/control/remove")
def remove(id: str = Body(embed=True)):
    """To everybody who got it: by itself pubby tells its followers only."""
    serve({"id": id, "type": "Tombstone"})
    return publish({**handler.outbox.build_delete_activity(id), "cc": notes[id].cc})


@app.post("/control/like")
def like(id: str = Body(), author: str = Body()):
    return publish({**handler.outbox.build_like_activity(id), "to": [author], "cc": []})


@app.post("/control/boost")
def boost(id: str = Body(), author: str = Body()):
    document = handler.outbox.build_announce_activity(id)
    return publish({**document, "to": [PUBLIC], "cc": [author, handler.followers_url]})


@app.post("/control/quote")
def quote(id: str = Body(), author: str = Body(), text: str = Body()):
    """Ask for the quote (FEP-044f); the Note itself is served, and published once the answer is there."""
    made = make_note(text, 0, None, None)
    notes[made.id] = made
    document = serve(set_quote_target(made.to_dict(), id))
    request = handler.outbox.build_quote_request_activity(id, document, author)
    return publish(request)


@app.post("/control/report")
def report(values: dict):
    return publish(activity("Flag", values["ids"], [values["to"]], content=values["text"]))


@app.post("/control/profile")
def profile(values: dict):
    handler.actor_name = values.get("name", handler.actor_name)
    handler.actor_also_known_as = values.get("also_known_as", [])
    return handler.publish_actor_update()


@app.post("/control/move")
def move(target: str = Body(embed=True)):
    handler.actor_moved_to = target
    return publish(activity("Move", handler.actor_id, [handler.followers_url], target=target))


@app.post("/control/state")
def state():
    return json.loads(
        json.dumps(
            {
                "actor": handler.actor_id,
                "received": received,
                "following": answers,
                "followers": [one.actor_id for one in handler.storage.get_followers(actor_id=handler.actor_id)],
                "deliveries": deliveries,
                "wire": wire,
            }
        )
    )


@app.post("/control/interactions")
def interactions(target: str = Body(embed=True)):
    """What pubby keeps about one resource."""
    return [one.to_dict() for one in handler.storage.get_interactions(target)]


@app.exception_handler(ActivityPubError)
def refused(_, error: ActivityPubError):
    return JSONResponse({"error": str(error)}, 400)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="info", timeout_graceful_shutdown=1)
