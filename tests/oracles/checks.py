"""Which oracle judges what."""

from __future__ import annotations

from tests.oracles import mastodon, misskey, others, pixelfed, standards
from tests.oracles.facts import Check

EVERY_DOCUMENT: list[Check] = [standards.check_strict_writer]
ACTOR: list[Check] = [
    mastodon.check_actor, pixelfed.check_actor, misskey.check_actor, others.check_gotosocial_actor,
    standards.check_negotiated, *EVERY_DOCUMENT,
]  # fmt: skip
NOTE: list[Check] = [
    mastodon.check_note, mastodon.check_tags, mastodon.check_media, pixelfed.check_note, pixelfed.check_media,
    misskey.check_note, others.check_gotosocial_note, others.check_lemmy_note, others.check_piefed_label,
    standards.check_negotiated, *EVERY_DOCUMENT,
]  # fmt: skip

# By the kind of what was served.
SERVED: dict[str, list[Check]] = {
    "actor": [*ACTOR, others.check_lemmy_actor],
    # Lemmy takes no Application for a person, and need not.
    "instance": ACTOR,
    "note": NOTE,
    "private": [check for check in NOTE if check is not standards.check_negotiated],
    "collection": [mastodon.check_collection, standards.check_collection, *EVERY_DOCUMENT],
    "page": [standards.check_page, *EVERY_DOCUMENT],
    "webfinger": [mastodon.check_webfinger, misskey.check_webfinger, standards.check_webfinger_headers],
    "nodeinfo links": [standards.check_nodeinfo_links],
    "nodeinfo": [standards.check_nodeinfo],
    "host-meta": [standards.check_host_meta],
    "tombstone": [standards.check_tombstone, standards.check_negotiated, *EVERY_DOCUMENT],
}

POST: list[Check] = [
    mastodon.check_post, mastodon.check_activity, mastodon.check_published, pixelfed.check_post,
    pixelfed.check_activity, misskey.check_post, misskey.check_activity, others.check_gotosocial_post,
    others.check_lemmy_request, others.check_strict_signature, others.check_mbin_activity,
    others.check_snac_audience, standards.check_request,
]  # fmt: skip
GET: list[Check] = [
    mastodon.check_get, others.check_gotosocial_get, others.check_lemmy_request, others.check_strict_signature,
    standards.check_request,
]  # fmt: skip
