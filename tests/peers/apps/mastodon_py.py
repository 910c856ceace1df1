"""Mastodon.py against a server: `python mastodon_py.py URL PICTURE`; asks for the code, and says `done` at its end."""

import json
import sys
import time

from mastodon import Mastodon, MastodonNotFoundError

url, image = sys.argv[1:]


def until(look, what):
    end = time.time() + 90
    while time.time() < end:
        if found := look():
            return found
        time.sleep(0.3)
    raise SystemExit(f"never: {what}")


client_id, secret = Mastodon.create_app(
    "Mastodon.py test", scopes=["read", "write", "follow"], redirect_uris="urn:ietf:wg:oauth:2.0:oob", api_base_url=url
)
api = Mastodon(client_id=client_id, client_secret=secret, api_base_url=url, version_check_mode="none")
print(json.dumps({"authorize": api.auth_request_url(scopes=["read", "write", "follow"], allow_http=True)}), flush=True)
token = api.log_in(code=sys.stdin.readline().strip(), scopes=["read", "write", "follow"], allow_http=True)
assert token
me = api.account_verify_credentials()
assert me.acct == "ann", me
instance = api.instance()
assert instance.configuration.statuses.max_characters == 5000

media = api.media_post(image, mime_type="image/png", description="A meadow", focus=(0.1, -0.2))
assert media.url, media
status = api.status_post("Hello from Mastodon.py", media_ids=[media], visibility="public", idempotency_key="k1")
again = api.status_post("Hello from Mastodon.py", media_ids=[media], visibility="public", idempotency_key="k1")
assert again.id == status.id, (again.id, status.id)
published = until(
    lambda: (found := api.status(status.id)) and found.fediverse_ai["state"] == "published" and found, "the gate's word"
)
assert published.media_attachments[0].description == "A meadow"
assert "AI-generated" in published.content

reply = api.status_reply(published, "And an answer", untag=True)
assert reply.in_reply_to_id == status.id
until(lambda: api.status(reply.id).fediverse_ai["state"] == "published", "the answer is out")
assert [one.id for one in api.status_context(status.id).descendants] == [reply.id]
assert api.status_favourite(status.id).favourited
assert api.status_reblog(status.id).reblog.id == status.id
assert api.status_bookmark(status.id).bookmarked
assert [one.id for one in api.favourites()] == [status.id]
assert api.status_source(status.id).text == "Hello from Mastodon.py"

for number in range(3):
    api.status_post(f"Number {number}")
first = api.timeline_home(limit=2)
second = api.fetch_next(first)
assert len(first) == len(second) == 2, (len(first), len(second))
assert second[0].id < first[-1].id
assert [one.id for one in api.fetch_previous(second)] == [one.id for one in first]

ben = api.account_lookup("ben")
assert api.account_follow(ben.id).following
assert api.account_relationships([ben.id])[0].following
assert [one.id for one in api.account_following(me.id)] == [ben.id]
found = api.search("ben")
assert [one.acct for one in found.accounts] == ["ben"], found
assert isinstance(api.notifications(), list)
changed = api.account_update_credentials(
    display_name="Ann of the meadow", note="Pictures", avatar=image, avatar_mime_type="image/png"
)
assert changed.display_name == "Ann of the meadow"
assert changed.avatar != me.avatar
edited = api.status_update(status.id, "Edited by Mastodon.py")
until(lambda: "Edited" in api.status(status.id).content, "the edit is out")
assert len(api.status_history(status.id)) == 2
gone = api.status_delete(reply.id)
assert gone.text.endswith("And an answer"), gone.text
try:
    api.status(reply.id)
except MastodonNotFoundError:
    pass
else:
    raise SystemExit("a deleted status is still there")
print(json.dumps({"done": True, "token": token, "status": str(status.id)}), flush=True)
