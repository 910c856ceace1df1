"""minimal-activitypub against a server: `python minimal.py URL PICTURE`."""

import asyncio
import io
import json
import sys
from pathlib import Path

import httpx
from minimal_activitypub import SearchType, Visibility
from minimal_activitypub.client_2_server import ActivityPub

url = sys.argv[1]
picture = Path(sys.argv[2]).read_bytes()


async def main() -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        client_id, secret = await ActivityPub.create_app(url, client)
        address = await ActivityPub.generate_authorization_url(url, client_id)
        print(json.dumps({"authorize": address}), flush=True)
        code = sys.stdin.readline().strip()
        token = await ActivityPub.validate_authorization_code(client, url, code, client_id, secret)
        api = ActivityPub(url, client, token)
        await api.determine_instance_type()
        me = await api.verify_credentials()
        assert me["acct"] == "ann", me
        media = await api.post_media(io.BytesIO(picture), mime_type="image/png", description="A meadow")
        status = await api.post_status(
            "Hello from minimal-activitypub", visibility=Visibility.PUBLIC, media_ids=[media["id"]]
        )
        home = await api.get_home_timeline()
        assert home[0]["id"] == status["id"], home[0]["content"]
        mine = await api.get_account_statuses(me["id"])
        assert status["id"] in [one["id"] for one in mine]
        found = await api.search("ben", SearchType.ACCOUNTS)
        assert [one["acct"] for one in found["accounts"]] == ["ben"], found
        second = await api.post_status("One more by minimal-activitypub", visibility=Visibility.PUBLIC)
        newest, *_ = await api.get_home_timeline(limit=1)
        assert newest["id"] == second["id"]
        older = await api.get_home_timeline(max_id=newest["id"], limit=1)
        assert [one["id"] for one in older] == [status["id"]], older
        for _ in range(300):
            # Nobody boosts what the gate has not let out.
            if "Only you can see this" not in (await api.get_home_timeline(max_id=newest["id"], limit=1))[0]["content"]:
                break
            await asyncio.sleep(0.3)
        boosted = await api.reblog(status["id"])
        assert boosted["reblog"]["id"] == status["id"]
        assert not (await api.undo_reblog(status["id"]))["reblogged"]
        assert status["id"] in [one["id"] for one in await api.get_public_timeline(local=True)]
        tagged = await api.get_hashtag_timeline("AIGenerated")
        assert status["id"] in [one["id"] for one in tagged]
        gone = await api.delete_status(second["id"])
        assert "One more" in gone["text"], gone
        assert api.ratelimit_remaining < 300
    print(json.dumps({"done": True}), flush=True)


asyncio.run(main())
