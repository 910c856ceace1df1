"""Group H of the threat catalogue: who may see and touch what; as matrix.py has the others."""

from __future__ import annotations

FILES = {
    "readers": "tests/threats/test_visibility_matrix.py",
    "c2s": "tests/social/test_outbox.py",
    "reading": "tests/social/test_reading.py",
    "client-pictures": "tests/social/test_pictures.py",
    "events": "tests/social/test_events.py",
    "streaming": "tests/mastodon/test_streaming.py",
    "search": "tests/mastodon/test_search.py",
    "accounts": "tests/actors/test_accounts.py",
    "pages": "tests/web/test_pages.py",
    "web-federation": "tests/web/test_federation.py",
    "actor-rules": "tests/actors/test_actor_rules.py",
    "staff": "tests/web/test_moderation_people.py",
    "queue": "tests/web/test_moderation_queue.py",
    "out-block": "tests/outbox/test_block.py",
}

_MATRIX = "readers:test_no_route_shows_a_private_post_to_anybody_who_may_not_see_it"
_NUMBERS = "readers:test_what_is_anothers_is_missing_by_its_number"

ACCESS = {
    # Of clients that write activities, in group B.
    "AUT-33": "c2s:test_nobody_speaks_for_another "
    "c2s:test_a_bare_object_is_wrapped_with_its_addresses_and_gets_ids_of_ours "
    "c2s:test_everything_else_is_refused_with_words_and_changes_nothing",
    "AUT-34": "c2s:test_nobody_speaks_for_another c2s:test_the_own_profile_is_changed_but_not_its_keys_or_addresses "
    "c2s:test_reactions_that_we_would_have_to_change_are_refused "
    "c2s:test_everything_else_is_refused_with_words_and_changes_nothing",
    "VIS-01": f"{_MATRIX} reading:test_the_outbox_shows_its_owner_everything_and_others_what_is_public "
    "reading:test_private_collections_are_their_owners_alone",
    "VIS-02": f"{_MATRIX} visibility:test_who_sees_a_published_post",
    "VIS-03": f"c2s:test_a_private_post_answers_every_verb_like_a_missing_one {_NUMBERS}",
    "VIS-04": f"visibility:test_a_private_note_looks_exactly_like_a_missing_one {_NUMBERS} "
    "c2s:test_a_private_post_answers_every_verb_like_a_missing_one",
    "VIS-05": "reading:test_a_reader_that_has_the_newest_version_gets_304 doors:test_stored_json_and_its_tag "
    "reading:test_who_liked_is_told_to_people_of_this_server",
    "VIS-06": f"{_MATRIX} search:test_people_posts_and_hashtags_are_found",
    "VIS-07": "readers:test_no_stream_tells_of_a_private_post readers:test_no_stream_of_an_app_tells_of_a_private_post "
    "events:test_a_stream_ends_with_its_token_and_there_are_so_many "
    "streaming:test_home_hears_those_who_are_followed_and_nobody_else "
    "streaming:test_server_sent_events_and_who_may_not "
    "streaming:test_a_stream_ends_with_its_token",
    "VIS-08": "synchronize:test_a_row_that_they_do_not_list_goes "
    "block:test_a_block_ends_every_follow_and_every_delivery",
    "VIS-09": "c2s:test_whoever_asks_a_locked_account_is_answered "
    "c2s:test_neighbours_follow_and_find_it_in_their_boxes",
    "VIS-10": f"{_MATRIX} {_NUMBERS} out-block:test_a_block_cuts_here_at_once_and_tells_the_other_server "
    "block:test_who_blocked_alice_reads_nothing_of_her_and_cannot_reach_her "
    "c2s:test_a_block_ends_follows_and_is_in_a_list_of_ones_own",
    "VIS-11": _NUMBERS,
    "VIS-12": "c2s:test_the_own_profile_is_changed_but_not_its_keys_or_addresses c2s:test_what_an_update_cannot_change",
    "VIS-13": "staff:test_a_private_post_is_read_only_when_it_came_before_the_moderators "
    "staff:test_nobody_acts_on_their_equals_or_superiors queue:test_the_pages_are_for_moderators_alone "
    "queue:test_the_log_is_whole_filtered_exported_and_cannot_be_changed",
    "VIS-14": f"{_MATRIX} visibility:test_only_its_author_sees_what_is_not_out "
    "reading:test_what_ended_badly_says_why_to_its_author "
    "client-pictures:test_a_picture_without_addresses_is_kept_and_attached_later",
    "VIS-15": "c2s:test_what_an_update_cannot_change posts:test_an_edit_changes_neither_author_nor_audience_nor_parent",
    "VIS-16": f"{_MATRIX} c2s:test_a_deleted_post_is_a_tombstone pages:"
    "test_a_deleted_post_is_gone_and_a_draft_that_was_never_out_is_not_there",
    "VIS-17": "c2s:test_reactions_that_we_would_have_to_change_are_refused "
    "c2s:test_an_answer_and_a_quote_name_posts_that_may_be_seen",
    "VIS-18": "c2s:test_an_audience_that_we_would_have_to_change_is_refused",
    "VIS-19": "reading:test_pages_go_on_until_there_are_no_more pages:test_a_cursor_that_is_no_number_is_refused",
    "VIS-20": "web-federation:test_wishes_and_the_public_part_of_rules",
    "VIS-22": "readers:test_no_letter_tells_of_a_post",
    "VIS-23": "accounts:test_who_may_not_act_is_out_at_once_by_every_way "
    "actor-rules:test_a_suspended_person_is_cut_off_in_both_directions_and_their_server_is_not",
    "VIS-24": f"{_MATRIX} c2s:test_hidden_addressees_are_reached_and_never_shown",
    "VIS-25": "pages:test_a_defect_is_a_page_without_details doors:test_a_problem_tells_the_public_sentence_only "
    "health:test_strangers_learn_that_it_lives_and_no_more doctor-door:test_nobody_else_learns_anything",
}

ABSENT = {
    "VIS-21": "There are no posts that stay on this server: the narrowest audience is oneself.",
}

NAMES = dict(
    line.split(" ", 1)
    for line in """
VIS-01 Collections and counts for each reader
VIS-02 One object by all its addresses
VIS-03 Side effects on what one may not see
VIS-04 Existence oracles
VIS-05 Caches
VIS-06 Search
VIS-07 Streams
VIS-08 Followers-only posts to a host with a stale follow
VIS-09 Growth of a follower list to read what is for followers
VIS-10 Blocks
VIS-11 Others' objects by number
VIS-12 Mass assignment
VIS-13 Limits of moderators
VIS-14 What is not out
VIS-15 Edits that change the audience
VIS-16 Deletion
VIS-17 Audience of answers and boosts
VIS-18 Mentions by the hundred
VIS-19 Cursors
VIS-20 What is told of other servers
VIS-21 Posts for this server alone
VIS-22 Private mentions outside of the server
VIS-23 Accounts that may not act
VIS-24 Tagged and not addressed
VIS-25 Health, metrics, debug pages
""".strip().splitlines()
)

GROUPS = {"VIS": 25}
