"""Against what apps were seen to ask for and to need: every address is there, every member of every entity is
described, and those that some app fails on are never null. That answers fit is App's matter (tests/mastodon/app.py).
"""

from __future__ import annotations

import types
import typing
from typing import Any

import pytest
from starlette.routing import Match, Route, WebSocketRoute

from fediverse_ai import wiring
from fediverse_ai.mastodon import schemas as to
from fediverse_ai.mastodon.schema_table import ANSWERS
from tests.mastodon.app import App
from tests.support.house import House

# To log in, read, and post with a picture.
FIRST = """
GET /.well-known/host-meta
GET /.well-known/nodeinfo
GET /nodeinfo/2.0
GET /nodeinfo/2.1
GET /.well-known/webfinger
GET /.well-known/oauth-authorization-server
POST /api/v1/apps
GET /oauth/authorize
POST /oauth/token
POST /oauth/revoke
GET /api/v1/apps/verify_credentials
GET /api/v1/instance
GET /api/v2/instance
GET /api/v1/accounts/verify_credentials
GET /api/v1/preferences
GET /api/v1/timelines/home
GET /api/v1/timelines/public
GET /api/v1/timelines/tag/1
GET /api/v1/statuses/1
GET /api/v1/statuses/1/context
POST /api/v1/statuses
PUT /api/v1/statuses/1
DELETE /api/v1/statuses/1
POST /api/v2/media
POST /api/v1/media
GET PUT /api/v1/media/1
GET /api/v1/accounts/1
GET /api/v1/accounts/1/statuses
GET /api/v1/accounts/1/followers
GET /api/v1/accounts/1/following
GET /api/v1/accounts/lookup
GET /api/v1/accounts/relationships
GET /api/v1/notifications
GET /api/v2/search
GET /api/v1/custom_emojis
GET /api/v1/lists
GET /api/v2/filters
GET /api/v1/filters
GET /api/v1/followed_tags
GET /api/v1/announcements
GET /api/v1/follow_requests
GET /api/v1/conversations
GET /api/v1/markers
GET /api/v1/instance/extended_description
GET /api/v1/instance/rules
GET /api/v1/instance/peers
"""
# What makes apps feel right.
FURTHER = """
POST /api/v1/statuses/1/favourite
POST /api/v1/statuses/1/unfavourite
POST /api/v1/statuses/1/reblog
POST /api/v1/statuses/1/unreblog
POST /api/v1/statuses/1/bookmark
POST /api/v1/statuses/1/unbookmark
POST /api/v1/statuses/1/pin
POST /api/v1/statuses/1/unpin
POST /api/v1/statuses/1/mute
POST /api/v1/statuses/1/unmute
GET /api/v1/statuses/1/favourited_by
GET /api/v1/statuses/1/reblogged_by
GET /api/v1/favourites
GET /api/v1/bookmarks
POST /api/v1/accounts/1/follow
POST /api/v1/accounts/1/unfollow
POST /api/v1/accounts/1/remove_from_followers
POST /api/v1/accounts/1/block
POST /api/v1/accounts/1/unblock
POST /api/v1/accounts/1/mute
POST /api/v1/accounts/1/unmute
POST /api/v1/accounts/1/note
POST /api/v1/accounts/1/pin
POST /api/v1/accounts/1/unpin
POST /api/v1/accounts/1/endorse
POST /api/v1/accounts/1/unendorse
GET /api/v1/blocks
GET /api/v1/mutes
GET POST DELETE /api/v1/domain_blocks
POST /api/v1/follow_requests/1/authorize
POST /api/v1/follow_requests/1/reject
GET /api/v1/accounts/familiar_followers
GET /api/v1/accounts/search
PATCH /api/v1/accounts/update_credentials
DELETE /api/v1/profile/avatar
DELETE /api/v1/profile/header
GET /api/v1/accounts/1/featured_tags
GET /api/v1/accounts/1/lists
GET POST /api/v1/featured_tags
DELETE /api/v1/featured_tags/1
GET /api/v1/notifications/1
POST /api/v1/notifications/clear
POST /api/v1/notifications/1/dismiss
GET /api/v1/notifications/unread_count
GET /api/v2/notifications
GET /api/v2/notifications/favourite-1-1
POST /api/v2/notifications/favourite-1-1/dismiss
GET /api/v2/notifications/favourite-1-1/accounts
GET /api/v2/notifications/unread_count
GET PATCH /api/v2/notifications/policy
GET /api/v1/notifications/requests
GET /api/v1/notifications/requests/1
GET /api/v1/notifications/requests/merged
POST /api/v1/notifications/requests/1/accept
POST /api/v1/notifications/requests/1/dismiss
POST /api/v1/notifications/requests/accept
POST /api/v1/notifications/requests/dismiss
POST /api/v1/markers
POST /api/v2/filters
GET PUT DELETE /api/v2/filters/1
GET POST /api/v2/filters/1/keywords
GET PUT DELETE /api/v2/filters/keywords/1
GET POST /api/v2/filters/1/statuses
GET DELETE /api/v2/filters/statuses/1
POST /api/v1/filters
GET PUT DELETE /api/v1/filters/1
POST /api/v1/lists
GET PUT DELETE /api/v1/lists/1
GET POST DELETE /api/v1/lists/1/accounts
GET /api/v1/timelines/list/1
GET /api/v1/polls/1
POST /api/v1/polls/1/votes
GET /api/v1/statuses/1/source
GET /api/v1/statuses/1/history
GET /api/v1/scheduled_statuses
GET PUT DELETE /api/v1/scheduled_statuses/1
POST /api/v1/conversations/1/read
DELETE /api/v1/conversations/1
GET /api/v1/tags/1
POST /api/v1/tags/1/follow
POST /api/v1/tags/1/unfollow
GET /api/v1/trends/tags
GET /api/v1/trends/statuses
GET /api/v1/trends/links
GET /api/v1/directory
GET /api/v2/suggestions
POST /api/v1/announcements/1/dismiss
PUT DELETE /api/v1/announcements/1/reactions/1
GET /api/v1/streaming
GET /api/v1/streaming/health
GET /api/v1/streaming/user
GET /api/v1/streaming/user/notification
GET /api/v1/streaming/public
GET /api/v1/streaming/public/local
GET /api/v1/streaming/public/remote
GET /api/v1/streaming/hashtag
GET /api/v1/streaming/list
GET /api/v1/streaming/direct
GET /api/v1/statuses
GET /api/v1/accounts
POST /api/v1/reports
GET /api/v1/statuses/1/quotes
PUT /api/v1/statuses/1/interaction_policy
POST /api/v1/statuses/1/quotes/1/revoke
GET /api/oembed
GET /api/v1/instance/translation_languages
GET /api/v1/instance/domain_blocks
GET /api/v1/instance/activity
"""
# Not there: 404 as JSON, and nothing that we say of ourselves names them. Web push and administration come later; there
# is no document of this kind that we could serve.
ABSENT = (
    ("GET", "/api/v1/push/subscription"), ("POST", "/api/v1/push/subscription"), ("PUT", "/api/v1/push/subscription"),
    ("DELETE", "/api/v1/push/subscription"), ("GET", "/api/v1/instance/privacy_policy"),
    ("GET", "/api/v1/instance/terms_of_service"), ("GET", "/api/v1/admin/accounts"), ("GET", "/api/v1/timelines/link"),
    ("GET", "/api/v1/profile"), ("GET", "/api/v1/annual_reports"), ("POST", "/api/v1/statuses/1/translate"),
    ("GET", "/api/v1.1/accounts/app_settings"), ("GET", "/api/v2/config"),
)  # fmt: skip

# What an app cannot do without. `?` is not always there, `|` may be null.
NEEDED = {
    to.Account: (
        "id username acct url display_name note avatar avatar_static header header_static locked bot emojis "
        "fields created_at followers_count following_count statuses_count group discoverable indexable "
        "noindex last_status_at| uri roles hide_collections moved?| suspended?| limited?| avatar_description "
        "header_description"
    ),
    to.ProfileField: "name value verified_at|",
    to.CredentialAccount: "source role",
    to.Source: (
        "note fields privacy sensitive language| follow_requests_count discoverable indexable "
        "hide_collections attribution_domains quote_policy"
    ),
    to.Role: "id name color permissions highlighted",
    to.Status: (
        "id uri created_at account content visibility sensitive spoiler_text media_attachments mentions tags "
        "emojis reblogs_count favourites_count replies_count url| in_reply_to_id| in_reply_to_account_id| "
        "reblog| poll| card| language| edited_at| application| text?| favourited reblogged muted bookmarked "
        "pinned?| filtered quote| quote_approval quotes_count"
    ),
    to.Mention: "id username url acct",
    to.StatusTag: "name url",
    to.MediaAttachment: "id type url| preview_url| remote_url| meta description| blurhash",
    to.Meta: "original small focus",
    to.Size: "width height size aspect",
    to.OldInstance: (
        "uri title short_description description email version urls stats thumbnail languages registrations "
        "approval_required invites_enabled configuration contact_account| rules"
    ),
    to.Instance: (
        "domain title version source_url description usage thumbnail icon languages configuration "
        "registrations api_versions contact rules"
    ),
    to.Contact: "email account|",
    to.Rule: "id text hint",
    to.Relationship: (
        "id following showing_reblogs notifying followed_by blocking blocked_by muting muting_notifications "
        "requested requested_by domain_blocking endorsed note languages|"
    ),
    to.Notification: "id type account created_at status?| group_key",
    to.NotificationGroup: (
        "group_key notifications_count type most_recent_notification_id page_min_id page_max_id "
        "latest_page_notification_at sample_account_ids status_id?|"
    ),
    to.NotificationRequest: "id created_at updated_at notifications_count account last_status|",
    to.NotificationPolicy: (
        "for_not_following for_not_followers for_new_accounts for_private_mentions for_limited_accounts summary"
    ),
    to.Context: "ancestors descendants",
    to.Search: "accounts statuses hashtags",
    to.Poll: "id expires_at| expired multiple votes_count voters_count| options emojis voted own_votes",
    to.PollOption: "title votes_count|",
    to.Tag: "name url history following?|",
    to.Filter: "id title context expires_at| filter_action keywords statuses",
    to.FilterKeyword: "id keyword whole_word",
    to.FilterResult: "filter keyword_matches| status_matches|",
    to.Preferences: (
        "posting:default:visibility posting:default:sensitive posting:default:language| reading:expand:media "
        "reading:expand:spoilers posting:default:quote_policy"
    ),
    to.Marker: "last_read_id version updated_at",
    to.UserList: "id title replies_policy exclusive",
    to.CustomEmoji: "shortcode url static_url visible_in_picker category|",
    to.StatusSource: "id text spoiler_text",
    to.StatusEdit: "content spoiler_text sensitive created_at account media_attachments emojis poll|",
    to.ScheduledStatus: "id scheduled_at params media_attachments",
    to.FamiliarFollowers: "id accounts",
    to.FeaturedTag: "id name url statuses_count last_status_at|",
    to.Token: "access_token token_type scope created_at",
}


def lines(table: str) -> list[tuple[str, str]]:
    return [
        (method, path) for line in table.strip().splitlines() for *methods, path in [line.split()] for method in methods
    ]


def is_answered(method: str, path: str) -> bool:
    """Does a route take it, as the router would find it?"""
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    return any(
        route.matches(scope)[0] is Match.FULL
        for route in wiring.ROUTES
        if isinstance(route, Route) and not isinstance(route, WebSocketRoute)
    )


@pytest.mark.parametrize("table", [FIRST, FURTHER], ids=["first", "further"])
def test_every_address_is_there_with_and_without_a_slash(table: str) -> None:
    missing = [call for call in lines(table) if not is_answered(*call)]
    missing += [(method, f"{path}/") for method, path in lines(table)
                if path.startswith(("/api/", "/oauth/")) and not is_answered(method, f"{path}/")]  # fmt: skip
    assert missing == []
    assert not is_answered("GET", "/api/v1/zzz")


def test_every_address_that_gives_an_entity_says_which() -> None:
    """So that whatever a test reads of it is held to its description."""
    plain = ("/api/v1/streaming", "/api/v1/apps", "/api/oembed", "/api/v1/instance/translation", "/api/v1/trends/links")
    patterns = {tuple(call.replace("{name}", "1").replace("{id}", "1").replace("{quote_id}", "1")
                      .replace("{key}", "favourite-1-1").split()) for call in ANSWERS}  # fmt: skip
    found = [
        call for call in lines(FIRST) + lines(FURTHER) if call[1].startswith("/api/") and not call[1].startswith(plain)
    ]
    assert [call for call in found if call not in patterns] == []


@pytest.mark.parametrize("entity", NEEDED, ids=lambda entity: entity.__name__)
def test_what_apps_cannot_do_without_is_described_and_never_null(entity: type[to.Entity]) -> None:
    fields = {field.alias or name: field for name, field in entity.model_fields.items()}
    for word in NEEDED[entity].split():
        name, may_be_null, may_miss = word.rstrip("|?"), word.endswith("|"), "?" in word
        assert name in fields, name
        kinds = typing.get_args(fields[name].annotation)
        assert may_be_null or types.NoneType not in kinds, f"{name} may be null"
        assert may_miss or fields[name].is_required(), f"{name} may be left out"


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_not_there_is_missing_as_json_and_not_advertised(home: House, alice: App) -> None:
    for method, path in ABSENT:
        assert await alice.ask(method, path, status=404) == {"error": "Record not found"}, path
        answer = alice.last
        assert answer is not None
        assert answer.headers["access-control-allow-origin"] == "*"
    second = await alice.get("/api/v2/instance")
    assert "vapid" not in second["configuration"]
    assert second["configuration"]["translation"] == {"enabled": False}
    urls = second["configuration"]["urls"]
    assert (urls["privacy_policy"], urls["terms_of_service"]) == (None, None)
    metadata = (await home.client.get("/.well-known/oauth-authorization-server")).json()
    assert not [scope for scope in metadata["scopes_supported"] if scope.startswith("admin")]
    described = (await home.client.get("/api/openapi.json")).json()["paths"]
    assert not {path for _, path in ABSENT} & described.keys()
