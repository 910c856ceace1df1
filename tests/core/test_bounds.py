"""Every bound of limits.py with what holds it: a test at its edge, or the reason why it has none to be seen (D21)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("fediverse_ai", "actors", "outbox", "inbox", "generation")
BOUNDS = ROOT / "fediverse_ai" / "core" / "limits.py"
UNITS = {"KIB", "MIB"}

VALUES = "tests/core/test_bounds_values.py::"
ROOMS = "tests/core/test_bounds_rooms.py::"
PASSES, KEPT = VALUES + "test_n_passes_and_one_more_does_not", VALUES + "test_of_one_more_than_n_only_n_is_kept"
DOCUMENT = "tests/activitypub/test_document.py::"
SIGNATURES = "tests/activitypub/test_signatures.py::"
STATUS = "tests/journeys/test_status.py::"
LISTENER = "tests/cli/test_listener.py::"
COMPOSE = "tests/outbox/test_compose.py::test_bounds_hold_at_n_and_n_plus_one"
HTTP = "tests/core/test_http.py::"
IMAGES = "tests/generation/test_images.py::"
PIPELINE = "tests/generation/test_pipeline.py::"
SERVICES = "tests/contracts/test_judging_services.py::"
SANDBOX = "tests/generation/test_sandbox.py::"
LANES = "tests/outbox/test_delivery.py::"
ACCOUNTS = "tests/actors/test_accounts.py::"
APPS = "tests/actors/test_apps.py::"
OAUTH = "tests/oauth/"
UPLOADS = "tests/outbox/test_uploads.py::"
LINE = "tests/outbox/test_line.py::"
SIGN_IN = "tests/web/test_sign_in.py::"
SECURITY = "tests/web/test_settings_security.py::"
DATA = "tests/web/test_settings_data.py::"
LEAVE = "tests/outbox/test_leave.py::"
PROXY = "tests/web/test_proxy.py::"
RATES = "tests/web/test_rates.py::"
SKEW = "tests/threats/test_signatures.py::test_a_clock_that_several_servers_contradict_is_told"
CROWD = "tests/threats/test_signatures.py::test_a_crowd_is_told_to_come_back"
REFRESH = "tests/actors/test_refresh.py::"
TIDY = "tests/outbox/test_housekeeping.py::"
DISK = "tests/faults/test_room.py::"
UPKEEP = "tests/outbox/test_upkeep.py::"
ALBUMS = "tests/web/test_collections.py::"
FLOOD = "tests/threats/test_pictures.py::test_the_same_picture_is_brought_so_often_in_an_hour"
PROBING = "tests/outbox/test_probing.py::"
API = "tests/mastodon/"
SOCIAL = "tests/social/"

DOORS = "tests/signups/test_doors.py::"
PERSONS = "tests/signups/test_people.py::"
LETTERS = "tests/signups/test_mail.py::"

# Name of the bound -> the test that would fail if it did not hold.
HELD = {
    "DOCTOR_SECONDS": "tests/doctor/test_door.py::test_a_token_is_good_for_a_minute",
    "HEARTBEAT_LATE_SECONDS": "tests/seeing/test_health.py::test_a_worker_that_is_silent_for_too_long_is_dead",
    "READY_SECONDS": "tests/seeing/test_health.py::test_a_database_that_takes_no_write_is_named_in_time",
    "METRIC_LABELS": "tests/core/test_small_parts.py::test_labels_of_metrics_are_bounded",
    "BACKUP_MANIFEST_BYTES": "tests/backup/test_create.py::test_a_manifest_has_a_size",
    "BACKUP_SPARE_BYTES": "tests/backup/test_create.py::test_one_at_a_time_and_room_is_looked_for",
    "AFTERWARDS_ROWS": "tests/backup/test_afterwards.py::test_more_than_one_look_takes",
    "AFTERWARDS_BYTES": "tests/backup/test_afterwards.py::test_the_older_half_goes_when_it_is_too_long",
    "RECONCILE_DAYS": "tests/backup/test_reconcile.py::test_what_a_peer_knows_better_is_taken_over_for_a_while",
    "RECONCILED_FOLLOWS": "tests/backup/test_reconcile.py::test_without_a_list_every_follow_is_asked_for_again",
    "RECONCILED_TRIES": "tests/backup/test_reconcile.py::test_who_cannot_be_found_is_given_up",
    "WORKFLOW_BYTES": "tests/generation/test_comfyui.py::test_a_wrong_workflow_is_named",
    "PREVIEW_SIDE_PIXELS": LINE + "test_previews_are_rebuilt_kept_for_the_author_and_dropped",
    "PREVIEW_SECONDS": LINE + "test_previews_are_rebuilt_kept_for_the_author_and_dropped",
    "USAGE_DAYS": LINE + "test_previews_are_rebuilt_kept_for_the_author_and_dropped",
    "SIGN_UP_REASON_CHARS": DOORS + "test_what_is_wrong_is_told_and_nothing_is_kept",
    "SIGN_UP_QUESTION_CHARS": DOORS + "test_the_setting_is_changed_by_the_page_and_said_everywhere",
    "SIGN_UP_BACKLOG": DOORS + "test_a_flood_is_bounded_by_address_by_day_and_by_what_waits",
    "SIGN_UPS_DAILY": DOORS + "test_a_flood_is_bounded_by_address_by_day_and_by_what_waits",
    "SIGN_UPS_PER_ADDRESS": DOORS + "test_a_flood_is_bounded_by_address_by_day_and_by_what_waits",
    "SIGN_UP_WAIT_SECONDS": DOORS + "test_a_flood_is_bounded_by_address_by_day_and_by_what_waits",
    "SIGN_UP_TRIES": DOORS + "test_tries_have_a_rate",
    "SIGN_UP_KEPT_SECONDS": DOORS + "test_a_request_is_turned_away_and_its_name_is_free_again",
    "INVITES_OPEN": DOORS + "test_members_invite_only_where_they_may_and_only_so_many",
    "INVITE_USES": DOORS + "test_members_invite_only_where_they_may_and_only_so_many",
    "INVITE_DAYS": DOORS + "test_members_invite_only_where_they_may_and_only_so_many",
    "RESET_LINK_SECONDS": PERSONS
    + "test_a_link_for_a_new_password_works_once_for_half_an_hour_and_ends_everything_else",
    "CONFIRM_LINK_SECONDS": LETTERS + "test_a_member_gives_changes_and_forgets_an_address",
    "CONFIRM_MAILS": LETTERS + "test_a_member_gives_changes_and_forgets_an_address",
    "RESET_MAILS": LETTERS + "test_a_forgotten_password",
    "MAIL_ADDRESS_CHARS": LETTERS + "test_addresses_and_settings_that_cannot_be",
    "MAIL_TRIES": LETTERS + "test_what_may_heal_is_tried_again_and_what_does_not_is_not",
    "LETTER_SECONDS": LETTERS + "test_a_member_gives_changes_and_forgets_an_address",
    "ANNOUNCEMENT_CHARS": PERSONS + "test_an_announcement_has_its_time",
    "ANNOUNCEMENTS_SHOWN": PERSONS + "test_three_stand_above_a_page",
    "ANNOUNCEMENT_EMOJIS": "tests/signups/test_programs.py::test_announcements_in_an_app",
    "PEOPLE_ROWS": PERSONS + "test_the_list_is_searched_filtered_and_turned",
    "INBOX_BODY_BYTES": "tests/journeys/test_forgery.py::test_a_body_over_a_mebibyte_gets_413",
    "FORM_BODY_BYTES": SIGN_IN + "test_forms_have_a_size",
    "FORM_FIELDS": SIGN_IN + "test_a_form_with_too_many_fields_is_refused",
    "RECEIVE_BODY_SECONDS": "tests/core/test_doors.py::test_a_body_that_drips_is_given_up",
    "RECEIVE_HEAD_BYTES": LISTENER + "test_head_bytes_at_the_bound",
    "RECEIVE_HEAD_FIELDS": LISTENER + "test_head_fields_at_the_bound",
    "RECEIVE_HEAD_SECONDS": LISTENER + "test_slow_head_is_cut_after_its_time",
    "RECEIVE_TARGET_BYTES": LISTENER + "test_target_at_the_bound",
    "RECEIVE_CONNECTIONS": VALUES + "test_the_listener_is_given_its_bounds",
    "RECEIVE_BACKLOG": VALUES + "test_the_listener_is_given_its_bounds",
    "RECEIVE_KEEPALIVE_SECONDS": VALUES + "test_the_listener_is_given_its_bounds",
    "HOST_LENGTH": VALUES + "test_the_longest_host",
    "URL_LENGTH": PASSES,
    "JSON_DEPTH": DOCUMENT + "test_depth",
    "JSON_NODES": DOCUMENT + "test_nodes",
    "JSON_ARRAY_ITEMS": DOCUMENT + "test_arrays",
    "JSON_FANOUT_ITEMS": DOCUMENT + "test_as_list_and_audience",
    "JSON_STRING_CHARS": DOCUMENT + "test_strings",
    "JSON_INTEGER_MAX": PASSES,
    "LANGUAGES": PASSES,
    "JSONLD_BYTES": PASSES,
    "JSONLD_NODES": PASSES,
    "SIGNATURE_HEADER_BYTES": PASSES,
    "SIGNATURE_COVERED": PASSES,
    "SIGNATURE_BYTES": PASSES,
    "SIGNATURE_PAST_SECONDS": SIGNATURES + "test_the_window",
    "SIGNATURE_FUTURE_SECONDS": SIGNATURES + "test_the_window",
    "SIGNATURE_LIFE_SECONDS": SIGNATURES + "test_times",
    "CHALLENGE_CHARS": PASSES,
    "CHALLENGE_LABEL_CHARS": PASSES,
    "CHALLENGE_LIFE_SECONDS": "tests/journeys/test_challenges.py::test_a_delivery_is_signed_as_the_peer_asks",
    "KNOCKS": "tests/journeys/test_challenges.py::test_a_peer_that_is_never_content_costs_a_bounded_number_of_requests",
    "OWN_KEY_SECONDS": "tests/journeys/test_rotation.py::test_the_servers_own_key_is_replaced_without_a_restart",
    "ROTATION_SECONDS": "tests/journeys/test_rotation.py::test_the_old_key_tells_of_the_new_one",
    "REPLACED_KEYS": "tests/journeys/test_rotation.py::test_only_so_many_replaced_keys_are_published",
    "CARRIED_PER_HOST": "tests/inbox/test_carry.py::test_a_server_is_carried_for_so_often_an_hour",
    "REPORTS_PER_ACCOUNT": "tests/outbox/test_report.py::test_so_many_reports_an_hour",
    "FLAGS_TO_HOST": "tests/outbox/test_report.py::test_one_server_hears_of_us_so_often_an_hour",
    "QUOTE_RECHECK_SECONDS": "tests/inbox/test_quote.py::test_stamps_of_others_are_read_again_after_a_day",
    "QUOTE_RECHECKS": "tests/inbox/test_quote.py::test_one_run_reads_so_many_stamps_and_asks_a_silent_home_once",
    "RULED_ACTORS": "tests/actors/test_rules.py::test_a_change_is_written_piece_by_piece_and_finished_after_a_crash",
    "REMOTE_POST_DAYS": TIDY + "test_copies_of_posts_go_after_ninety_days_unless_somebody_here_had_to_do_with_them",
    "FORGOTTEN_POSTS": TIDY + "test_copies_of_posts_go_after_ninety_days_unless_somebody_here_had_to_do_with_them",
    "READS_PER_ADDRESS": RATES + "test_an_address_may_read_so_much",
    "FILES_PER_ADDRESS": RATES + "test_files_have_a_rate_of_their_own",
    "SIGN_IN_WAIT_SECONDS": RATES + "test_waits_grow_up_to_an_hour_and_are_forgiven_after_a_day",
    "SIGN_IN_FORGIVEN_SECONDS": RATES + "test_waits_grow_up_to_an_hour_and_are_forgiven_after_a_day",
    "CHECKS_WAIT_SECONDS": RATES + "test_who_waits_too_long_at_a_gate_is_told_to_come_back",
    "CHECKS_PER_PROCESSOR": CROWD,
    "CHECKS_WAITING_PER_PROCESSOR": CROWD,
    "KEY_FETCHES_AT_ONCE": CROWD,
    "CLOCK_SUSPECT_SERVERS": SKEW,
    "CLOCK_SUSPECT_SECONDS": SKEW,
    "PASSWORDS_AT_ONCE": RATES + "test_a_crowd_at_the_sign_in_is_told_to_come_back",
    "PASSWORDS_WAITING": RATES + "test_a_crowd_at_the_sign_in_is_told_to_come_back",
    "KEY_MIN_BITS": SIGNATURES + "test_sizes_that_we_take",
    "KEY_MAX_BITS": SIGNATURES + "test_sizes_that_we_take",
    "PEM_CHARS": PASSES,
    "MULTIBASE_CHARS": PASSES,
    "ACCEPT_CHARS": PASSES,
    "CONTENT_CHARS": DOCUMENT + "test_content_map_has_the_bound_of_content",
    "NAME_CHARS": COMPOSE,
    "PROMPT_CHARS": COMPOSE,
    "USERNAME_CHARS": PASSES,
    "POST_TEXT_CHARS": COMPOSE,
    "ALT_TEXT_CHARS": PASSES,
    "REMOTE_ALT_CHARS": KEPT,
    "EMOJI_CHARS": PASSES,
    "ENCODED_PIECES": KEPT,
    "REMOTE_IMAGES": ROOMS + "test_so_many_pictures_of_others_are_kept",
    "POST_IMAGES": PIPELINE + "test_bad_requests_get_a_sentence_and_reach_no_generator",
    "EMOJIS": "tests/web/test_talk.py::test_what_counts_as_an_emoji",
    "PARENTS": "tests/outbox/test_lineage.py::test_lineage_that_others_claim_is_shown_while_it_is_allowed",
    "THREAD_LOOKS": "tests/web/test_talk.py::test_replies_elsewhere_are_asked_for_later_and_seldom",
    "LOOKS_PER_THREAD": "tests/web/test_talk.py::test_replies_elsewhere_are_asked_for_later_and_seldom",
    "POST_ATTACHMENTS": UPLOADS + "test_sixteen_pictures_and_a_link_for_those_who_show_four",
    "UPLOADS_WAITING": UPLOADS + "test_one_person_keeps_a_bounded_number",
    "UPLOAD_SECONDS": UPLOADS + "test_what_no_post_took_is_forgotten_after_a_day",
    "SAME_ID_SECONDS": "tests/web/test_choosing.py::test_what_is_posted_later_sorts_by_its_time",
    "CANDIDATE_SECONDS": "tests/outbox/test_pick.py::test_who_never_picks_keeps_nothing",
    "SCHEDULE_SECONDS": "tests/outbox/test_schedule.py::test_a_year_ahead_and_no_further",
    "POLL_OPTIONS": "tests/inbox/test_polls.py::test_choices_are_bounded_and_counts_are_numbers",
    "ARTICLE_CHARS": "tests/inbox/test_articles.py::test_a_long_article_is_begun_and_linked",
    "POST_MENTIONS": KEPT,
    "POST_TAGS": KEPT,
    "REPORT_OBJECTS": KEPT,
    "REPORT_CHARS": "tests/inbox/test_report.py::test_mastodons_flag_reaches_the_moderators",
    "PINS": "tests/outbox/test_pin.py::test_what_can_be_pinned",
    "FEATURED_TAGS": ROOMS + "test_so_many_hashtags_are_featured",
    "ALIASES": "tests/outbox/test_move.py::test_aliases_are_in_the_document_and_followers_are_told",
    "MOVE_SECONDS": "tests/inbox/test_move.py::test_a_second_move_within_thirty_days_is_not_followed",
    "CLIENT_KEY_CHARS": KEPT,
    "SEED_DIGITS": PASSES,
    "PASSWORD_MIN_CHARS": ACCOUNTS + "test_password_length",
    "PASSWORD_MAX_CHARS": ACCOUNTS + "test_password_length",
    "COOKIE_CHARS": PASSES,
    "MAINTENANCE_SECONDS": "tests/web/test_heads.py::test_a_closed_server_says_so",
    "MAINTENANCE_LOOK_SECONDS": "tests/web/test_heads.py::test_the_flag_is_looked_for_ten_times_a_second_at_most",
    "MAINTENANCE_WORDS": "tests/web/test_heads.py::test_a_closed_server_says_so",
    "SAID_CHARS": "tests/web/test_frame.py::test_a_long_sentence_is_cut",
    "BACK_CHARS": "tests/web/test_back.py::test_so_long_a_way_back_is_taken",
    "LANGUAGES_ASKED": "tests/core/test_texts.py::test_so_many_languages_are_read",
    "SIGN_IN_LINK_SECONDS": ACCOUNTS + "test_links_and_sessions_end_in_time",
    "CODE_SECONDS": APPS + "test_a_code_ends_in_time",
    "CODE_TYPED_SECONDS": APPS + "test_a_code_ends_in_time",
    "TOKEN_CHARS": APPS + "test_a_token_of_odd_size_is_none",
    "TOKEN_IDLE_SECONDS": APPS + "test_a_token_ends_when_it_is_idle",
    "TOKEN_ENDED_SECONDS": APPS + "test_tokens_are_swept_a_while_after_their_end",
    "TOKEN_USED_SECONDS": APPS + "test_a_token_ends_when_it_is_idle",
    "APP_NAME_CHARS": OAUTH + "test_authorize.py::test_names_cannot_deceive",
    "REDIRECT_URIS": OAUTH + "test_registration.py::test_as_many_addresses_as_may_be",
    "CLIENT_DOCUMENT_BYTES": OAUTH + "test_documents.py::test_answers_that_are_no_description",
    "CLIENT_DOCUMENT_SECONDS": OAUTH + "test_documents.py::test_it_is_read_anew_after_a_day_and_its_home_may_be_away",
    "CLIENT_DOCUMENTS_PER_ACCOUNT": OAUTH + "test_documents.py::test_a_person_may_not_make_us_ask_without_end",
    "APP_REGISTRATIONS": OAUTH + "test_registration.py::test_registrations_are_limited_by_address",
    "TOKEN_REQUESTS": OAUTH + "test_token.py::test_tries_are_limited_by_address",
    "UNUSED_APPS": APPS + "test_of_unused_apps_only_the_newest_are_kept",
    "SESSION_SECONDS": ACCOUNTS + "test_links_and_sessions_end_in_time",
    "EXPLORE_DAYS": "tests/web/test_explore.py::test_so_many_days_are_looked_back",
    "EXPLORE_CANDIDATES": "tests/web/test_explore.py::test_so_many_posts_are_weighed",
    "EXPLORE_ROW": "tests/web/test_explore.py::test_so_many_hashtags_and_people_are_named",
    "SITEMAP_URLS": "tests/web/test_syndication.py::test_so_many_posts_of_a_month_are_on_the_map",
    "PAGE_POSTS": "tests/web/test_pages.py::test_paging_by_before_shows_every_post_once",
    "IMAGE_BYTES": IMAGES + "test_bytes_are_capped_before_anything_else",
    "IMAGE_PIXELS": IMAGES + "test_the_largest_admitted_picture_fits_into_the_memory_of_the_sandbox",
    "IMAGE_SIDE_PIXELS": IMAGES + "test_hostile_pictures_are_refused_quickly_with_a_sentence",
    "RENDITION_PIXELS": IMAGES + "test_large_pictures_are_fitted_and_thumbnails_are_small",
    "RENDITION_SIDE_PIXELS": IMAGES + "test_a_strip_is_fitted_by_its_side",
    "THUMBNAIL_SIDE_PIXELS": IMAGES + "test_large_pictures_are_fitted_and_thumbnails_are_small",
    "PICTURE_SIDE_MIN_PIXELS": VALUES + "test_least_sizes",
    "PICTURE_SIDE_MAX_PIXELS": PASSES,
    "SEED_LIMIT": VALUES + "test_seeds_end_before_their_limit",
    "STEPS_MAX": PASSES,
    "GUIDANCE_MAX": PASSES,
    "STYLE_CHARS": PASSES,
    "REMOTE_JUDGED_AT_ONCE": "tests/web/test_remote_verdicts.py::test_one_after_another_and_none_twice",
    "REMOTE_VERDICTS": "tests/web/test_remote_verdicts.py::test_one_after_another_and_none_twice",
    "HANDLE_CHARS": "tests/outbox/test_upscale.py::test_a_handle_of_a_backend_is_kept_and_given_back",
    "UPSCALE_LEAST": "tests/outbox/test_upscale.py::test_how_large",
    "UPSCALE_MOST": "tests/outbox/test_upscale.py::test_how_large",
    "PROGRESS_CHARS": PIPELINE + "test_progress_never_falls_and_stays_in_bounds",
    "EVIDENCE_CHARS": PIPELINE + "test_a_moderator_that_fails_means_hold",
    "POLICY_BYTES": PASSES,
    "POLICY_SETTLE_SECONDS": "tests/generation/moderation/test_policy_file.py::"
    "test_a_change_is_taken_up_after_it_rested",
    "KNOWN_PICTURES": "tests/generation/moderation/test_known.py::test_a_list_has_bounds",
    "JUDGE_ANSWER_BYTES": SERVICES + "test_the_bounds_of_a_service",
    "JUDGE_FAILURES": SERVICES + "test_the_bounds_of_a_service",
    "JUDGE_REST_SECONDS": SERVICES + "test_the_bounds_of_a_service",
    "APPEAL_CHARS": "tests/outbox/test_appeals.py::test_who_may_appeal_and_how_long",
    "REASON_CHARS": "tests/web/test_moderation_queue.py::test_bounds_of_a_word",
    "QUEUE_COPIES": "tests/web/test_moderation_queue.py::test_bounds_of_a_word",
    "MEDIA_DELETED": "tests/web/test_moderation_people.py::test_pictures_of_an_account_go_at_once",
    "LOOK_AGAIN_SECONDS": "tests/web/test_moderation_queue.py::"
    "test_who_looked_at_a_held_picture_stands_in_the_log_once_an_hour",
    "AUDIT_ROWS": "tests/web/test_moderation_queue.py::test_bounds_of_a_word",
    "NOTICE_CHARS": "tests/web/test_legal.py::test_bounds_of_a_notice",
    "NOTICE_URLS": "tests/web/test_legal.py::test_bounds_of_a_notice",
    "NOTICES_PER_ADDRESS": "tests/web/test_legal.py::test_one_address_files_so_many_a_day",
    "INTIMATE_NOTICE_SECONDS": "tests/web/test_legal.py::test_the_clock_runs_and_is_marked",
    "NOTICE_SECONDS": "tests/web/test_legal.py::test_a_receipt_opens_with_its_secret_alone",
    "COPIES_COMPARED": "tests/web/test_legal.py::test_so_many_pictures_are_compared",
    "TRANSPARENCY_MONTHS": "tests/web/test_legal.py::test_the_figures_are_counts_and_nothing_else",
    "TRANSPARENCY_SECONDS": "tests/web/test_legal.py::test_the_figures_are_counts_and_nothing_else",
    "OPT_OUT_SECONDS": "tests/web/test_legal_elsewhere.py::test_a_code_of_another_page_or_another_day_is_none",
    "OPT_OUTS_PER_ADDRESS": "tests/web/test_legal_elsewhere.py::test_one_address_asks_so_often",
    "VERIFY_PICTURES": "tests/web/test_verify.py::test_so_many_pictures_are_compared",
    "INTENTS_PER_ADDRESS": "tests/web/test_intents.py::test_one_address_asks_a_bounded_number",
    "VERIFY_PER_ADDRESS": "tests/web/test_verify.py::test_the_page_takes_a_picture_and_forgets_it",
    "MANIFEST_PARENTS": "tests/generation/test_manifests.py::test_parents_are_bounded",
    "XMP_FIELD_CHARS": KEPT,
    "XMP_PROMPT_CHARS": KEPT,
    "XMP_BYTES": PASSES,
    "SCENE_THINGS": "tests/generation/scene/test_scene_generator.py::test_a_picture_holds_so_many_things",
    "SCENE_FIGURES": "tests/generation/scene/test_scene_generator.py::test_a_picture_holds_so_many_things",
    "DECODE_MEMORY_BYTES": IMAGES + "test_the_largest_admitted_picture_fits_into_the_memory_of_the_sandbox",
    "MODELS_MEMORY_BYTES": SANDBOX + "test_a_greedy_child_is_stopped_by_its_limit",
    "FETCH_DOCUMENT_SECONDS": HTTP + "test_the_deadline_holds_for_every_kind_of_slowness",
    "FETCH_BODY_BYTES": HTTP + "test_the_size_of_an_answer",
    "FETCH_REDIRECTS": HTTP + "test_at_most_three_redirects",
    "FETCH_PER_ACTIVITY": HTTP + "test_a_budget_counts_every_hop",
    "FETCH_ACTIVITY_SECONDS": HTTP + "test_a_budget_ends_with_its_time",
    "FETCH_PER_HOST": HTTP + "test_few_requests_at_once_for_one_host",
    "FORWARD_FETCHES": "tests/inbox/test_forward.py::test_a_carrier_drives_a_bounded_number_of_requests",
    "FORWARDS_PER_HOST": "tests/inbox/test_forward.py::test_a_carrier_drives_a_bounded_number_of_requests",
    "RESOLVER_THREADS": HTTP + "test_names_without_an_answer_do_not_stop_the_others",
    "RESOLVER_KNOWN_THREADS": HTTP + "test_names_without_an_answer_do_not_stop_the_others",
    "RESOLVER_SECONDS": HTTP + "test_names_without_an_answer_do_not_stop_the_others",
    "RESOLVER_REMEMBER_SECONDS": HTTP + "test_one_question_for_many_who_ask_and_answers_are_remembered",
    "RESOLVER_ANSWERS": HTTP + "test_one_question_for_many_who_ask_and_answers_are_remembered",
    "KEY_FETCHES_PER_HOST_PER_MINUTE": "tests/journeys/test_forgery.py::test_a_flood_of_new_keys_is_told_to_come_back",
    "KEY_COOLDOWN_SECONDS": "tests/journeys/test_forgery.py::"
    "test_a_changed_key_is_fetched_once_and_the_old_one_is_refused_then",
    "KEY_SECONDS": STATUS + "test_what_an_inbox_answers",
    "LOGGED_CHARS": "tests/inbox/test_refusals.py::test_a_stranger_cannot_fill_the_log",
    "TOMBSTONE_SECONDS": TIDY + "test_tombstones_with_an_end_go_and_those_for_ever_stay",
    "THREAD_ITEMS": ROOMS + "test_a_conversation_shows_so_many_posts",
    "SYNCHRONIZE_SECONDS": "tests/inbox/test_synchronize.py::test_one_sender_is_compared_once_an_hour",
    "ACTOR_STALE_SECONDS": REFRESH + "test_a_stale_actor_is_refreshed_on_use_once",
    "ACTOR_REFRESH_SECONDS": REFRESH + "test_those_we_deal_with_are_looked_at_every_week",
    "ACTOR_RETIRE_DAYS": REFRESH + "test_missing_is_believed_after_a_month",
    "ACTOR_REFRESHES": REFRESH + "test_a_run_is_bounded_and_a_silent_host_is_asked_once",
    "RECEIVED_DAYS": TIDY + "test_received_activities_go_after_thirty_days_and_their_effects_stay",
    "DELIVERY_DAYS": TIDY + "test_ended_deliveries_go_and_waiting_ones_stay",
    "ACTIVITY_DAYS": TIDY + "test_activities_stay_while_their_object_lives",
    "TIDIED_ROWS": TIDY + "test_a_run_drops_a_bounded_number",
    "BLOCKLIST_CHARS": "tests/actors/test_blocklist.py::test_a_list_has_bounds",
    "BLOCKLIST_LINES": "tests/actors/test_blocklist.py::test_a_list_has_bounds",
    "PROTECTED_FOLLOWS": "tests/actors/test_blocklist.py::test_servers_with_many_ties_are_only_cut_by_name",
    "BACKOFF_SECONDS": LANES + "test_the_schedule_is_the_promised_one",
    "REPEAT_SECONDS": LANES + "test_the_schedule_is_the_promised_one",
    "JITTER": LANES + "test_the_schedule_is_the_promised_one",
    "GIVE_UP_SECONDS": LANES + "test_when_a_row_is_given_up",
    "MISSING_GIVE_UP_SECONDS": LANES + "test_when_a_row_is_given_up",
    "DELIVERY_REFUSALS": LANES + "test_when_a_row_is_given_up",
    "RETRY_AFTER_SECONDS": KEPT,
    "PICTURE_TRIES": "tests/outbox/test_prepare.py::test_an_absent_backend_is_tried_three_times",
    "NEAR_COPIES": FLOOD,
    "NEAR_COPIES_SECONDS": FLOOD,
    "NEAR_COPIES_ROWS": FLOOD,
    "PROBING_FREE": PROBING + "test_each_try_beyond_a_few_waits_twice_as_long",
    "PROBING_SECONDS": PROBING + "test_each_try_beyond_a_few_waits_twice_as_long",
    "PROBING_DAY_SECONDS": PROBING + "test_each_try_beyond_a_few_waits_twice_as_long",
    "PROBING_MOST_SECONDS": PROBING + "test_the_wait_has_an_end_and_so_has_what_is_looked_at",
    "PROBING_ROWS": PROBING + "test_the_wait_has_an_end_and_so_has_what_is_looked_at",
    "PROBING_TOLD": PROBING + "test_moderators_get_one_report",
    "PROBING_LIKENESS": PROBING + "test_how_much_alike",
    "WAITING_SECONDS": "tests/outbox/test_prepare.py::test_a_forgotten_post_is_given_up",
    "PROFILE_PAUSE_SECONDS": "tests/outbox/test_profile.py::test_several_edits_are_told_together",
    "HEARD_SECONDS": "tests/outbox/test_heard.py::test_a_server_that_speaks_is_asked_again_at_once_but_not_always",
    "COLLECTION_PAGES": "tests/inbox/test_threads.py::test_so_many_pages_of_replies_are_read",
    "COLLECTION_LOOKS": "tests/outbox/test_replies.py::test_a_page_is_looked_for_so_often",
    "COLLECTION_ITEMS": "tests/outbox/test_served.py::test_the_outbox_has_pages_newest_first_and_an_end",
    "GROUP_COMMIT_ITEMS": "tests/contracts/test_database.py::"
    "test_group_commit_writes_many_at_once_and_gives_each_its_result",
    "GROUP_COMMIT_GATHER_SECONDS": "tests/contracts/test_database.py::"
    "test_in_a_crowd_those_who_come_again_join_one_group",
    "GROUP_COMMIT_WAITING": ROOMS + "test_so_many_may_wait_for_a_group_commit",
    "DELIVERY_CHUNK_INBOXES": ROOMS + "test_a_job_delivers_to_so_many_inboxes",
    "JOB_IDS": ROOMS + "test_a_job_carries_so_many_ids",
    "REMOTE_PICTURE_SIDE_PIXELS": PROXY + "test_a_picture_is_fetched_once_and_rebuilt",
    "REMOTE_COPY_RETRY_SECONDS": PROXY + "test_what_is_no_picture_is_not_served_and_not_asked_for_again_at_once",
    "REMOTE_COPY_USED_SECONDS": PROXY + "test_the_room_is_bounded_and_the_least_used_goes_first",
    "REMOTE_COPY_ORPHAN_SECONDS": PROXY + "test_prune_by_age_and_stray_files_and_a_dry_run",
    "RATE_KEYS": "tests/core/test_limits.py::test_the_table_is_bounded",
    "INBOX_PER_HOST": STATUS + "test_over_the_rate_is_429_and_told_when_to_come_back",
    "INBOX_PER_ACTOR": STATUS + "test_over_the_rate_is_429_and_told_when_to_come_back",
    "FLAGS_PER_HOST": "tests/inbox/test_report.py::test_a_flood_of_flags_stops_at_the_rate",
    "LOGIN_PER_ADDRESS": SIGN_IN + "test_tries_are_limited_by_address_and_by_name",
    "SECOND_STEP_SECONDS": SECURITY + "test_codes_are_limited_and_the_first_step_does_not_last",
    "CODES_PER_ACCOUNT": SECURITY + "test_codes_are_limited_and_the_first_step_does_not_last",
    "CODE_DRIFT_STEPS": SECURITY + "test_a_code_may_be_half_a_minute_off_and_no_more",
    "PASSKEYS": "tests/web/test_passkeys.py::test_one_account_has_a_bound_of_them",
    "PASSKEY_BYTES": "tests/web/test_passkeys.py::test_what_is_too_large_is_not_kept_and_a_long_name_is_cut",
    "PASSKEY_ID_BYTES": "tests/web/test_passkeys.py::test_an_id_has_a_bound",
    "PASSKEY_NAME_CHARS": "tests/web/test_passkeys.py::test_what_is_too_large_is_not_kept_and_a_long_name_is_cut",
    "PASSKEY_SECONDS": "tests/web/test_passkeys.py::test_an_answer_belongs_to_one_reader_one_purpose_and_ten_minutes",
    "RECOVERY_CODES": SECURITY + "test_each_recovery_code_opens_once_and_new_ones_end_the_old",
    "FRESH_SESSION_SECONDS": SECURITY + "test_a_first_password_needs_a_session_of_this_hour",
    "IMPORT_BYTES": DATA + "test_files_that_are_no_lists_are_refused",
    "IMPORT_ROWS": DATA + "test_files_that_are_no_lists_are_refused",
    "IMPORT_CELL_CHARS": DATA + "test_files_that_are_no_lists_are_refused",
    "IMPORTS_KEPT": DATA + "test_imports_are_limited_and_only_the_last_are_kept",
    "IMPORTS_PER_ACCOUNT": DATA + "test_imports_are_limited_and_only_the_last_are_kept",
    "ARCHIVE_BYTES": DATA + "test_pictures_beyond_the_room_are_named",
    "ARCHIVE_EVERY_SECONDS": DATA + "test_an_archive_is_its_owners_alone_and_ends_after_a_week",
    "ARCHIVE_SECONDS": DATA + "test_an_archive_is_its_owners_alone_and_ends_after_a_week",
    "ERASE_GRACE_SECONDS": LEAVE + "test_after_the_grace_nothing_is_left_but_the_name",
    "ERASED_ROWS": LEAVE + "test_large_accounts_are_erased_in_turns",
    "REL_ME_BYTES": "tests/outbox/test_links.py::test_a_page_that_cannot_be_read_changes_nothing",
    "LOGIN_PER_ACCOUNT": SIGN_IN + "test_tries_are_limited_by_address_and_by_name",
    "POSTS_PER_ACCOUNT": "tests/web/test_make.py::test_pictures_per_hour_are_limited",
    "API_FIELDS": API + "test_limits.py::test_fields_of_a_form",
    "API_LIST_ITEMS": API + "test_limits.py::test_items_of_a_list",
    "API_DEPTH": API + "test_limits.py::test_depth_of_names",
    "API_ANCESTORS": API + "test_limits.py::test_so_much_of_a_thread",
    "API_DESCENDANTS": API + "test_limits.py::test_so_much_of_a_thread",
    "ENDORSEMENTS": API + "test_redraft.py::test_people_are_shown_on_a_profile",
    "OWN_COLLECTIONS": SOCIAL + "test_outbox.py::test_a_collection_of_ones_own",
    "OWN_ITEMS": SOCIAL + "test_outbox.py::test_a_collection_of_ones_own",
    "COLLECTION_CHARS": ALBUMS + "test_words_have_bounds",
    "COLLECTION_TELL_SECONDS": ALBUMS + "test_followers_hear_of_what_everybody_sees_and_of_nothing_else",
    "COUNTED_POSTS": API + "test_home.py::test_posts_of_others_are_counted_up_to_a_bound",
    "API_BATCH_IDS": API + "test_limits.py::test_so_many_statuses_and_accounts_at_once",
    "ASIDE_THREADS": API + "test_aside.py::test_threads_of_who_is_let_in_are_bounded",
    "API_UNREAD": API + "test_limits.py::test_unread_are_counted_up_to_a_bound",
    "PROFILE_FIELDS": API + "test_limits.py::test_so_many_fields_of_a_profile",
    "IDEMPOTENCY_SECONDS": API + "test_statuses.py::test_the_same_key_gives_the_same_status_until_it_is_deleted",
    "SCHEDULE_LEAST_SECONDS": API + "test_limits.py::test_a_scheduled_post_is_at_least_five_minutes_ahead",
    "IDEMPOTENCY_KEY_CHARS": SOCIAL + "test_outbox.py::test_the_same_key_or_id_gives_the_same_post",
    "OUTBOX_PER_ACCOUNT": SOCIAL + "test_outbox.py::test_an_outbox_takes_so_many_activities",
    "PROXY_PER_ACCOUNT": SOCIAL + "test_proxy.py::test_who_may_ask_and_how_often",
    "STREAMS_PER_ACCOUNT": SOCIAL + "test_events.py::test_a_stream_ends_with_its_token_and_there_are_so_many",
    "EVENT_QUEUE": API + "test_limits.py::test_the_hub_drops_the_oldest_of_a_slow_listener",
    "EVENT_CHANNELS": API + "test_limits.py::test_a_listener_hears_so_many_channels_and_the_hub_so_many_listeners",
    "EVENT_SUBSCRIBERS": API + "test_limits.py::test_a_listener_hears_so_many_channels_and_the_hub_so_many_listeners",
    "API_REQUESTS": API + "test_limits.py::test_so_many_uploads_and_requests",
    "API_UPLOADS": API + "test_limits.py::test_so_many_uploads_and_requests",
    "API_DELETES": API + "test_rules.py::test_rates_are_told_and_kept",
    "LISTS": API + "test_shelf_limits.py::test_lists_and_their_members",
    "LIST_MEMBERS": API + "test_shelf_limits.py::test_lists_and_their_members",
    "FILTERS": API + "test_shelf_limits.py::test_filters_their_words_and_posts",
    "FILTER_KEYWORDS": API + "test_shelf_limits.py::test_filters_their_words_and_posts",
    "FILTER_POSTS": API + "test_shelf_limits.py::test_filters_their_words_and_posts",
    "TAG_FOLLOWS": API + "test_shelf_limits.py::test_hashtags_and_servers",
    "SILENCED_HOSTS": API + "test_shelf_limits.py::test_hashtags_and_servers",
    "NOTE_CHARS": API + "test_shelf_limits.py::test_notes_and_mutes",
    "MUTE_SECONDS": API + "test_shelf_limits.py::test_notes_and_mutes",
    "SEARCH_POSTS": API + "test_shelf_limits.py::test_searches_look_so_far",
    "SEARCH_WORDS": API + "test_shelf_limits.py::test_searches_look_so_far",
    "SEARCH_CHARS": API + "test_shelf_limits.py::test_searches_look_so_far",
    "SEARCH_OFFSET": API + "test_shelf_limits.py::test_searches_look_so_far",
    "DISK_SAMPLE_DAYS": UPKEEP + "test_growth_is_measured_day_by_day_and_old_days_are_forgotten",
    "ORPHAN_SECONDS": UPKEEP + "test_files_without_a_row_go_after_a_day",
    "DELETED_FILE_DAYS": UPKEEP + "test_pictures_of_deleted_posts_go_after_thirty_days",
    "RUN_DAYS": UPKEEP + "test_a_run_is_remembered_for_a_week",
    "WAL_BYTES": UPKEEP + "test_the_log_of_the_database_is_bounded",
    "DISK_RESERVE_BYTES": DISK + "test_a_reserve_is_left_for_the_database",
    "TAG_HISTORY_POSTS": API + "test_shelf_limits.py::test_searches_look_so_far",
    "RESOLVES_PER_ACCOUNT": API + "test_shelf_limits.py::test_resolving_has_a_rate",
    "STREAMS_PER_SOCKET": API + "test_shelf_limits.py::test_a_socket_carries_so_many_streams",
    "STREAM_MESSAGES": API + "test_shelf_limits.py::test_a_socket_carries_so_many_streams",
}

POOL = "how many at once or kept open: more of them wait, none is refused"
MEMORY = "the size of a memory: the least used is forgotten, and found again where it came from"
PAUSE = "a pause: nothing is refused at its end"
PIECE = "how much one run does: the next run does the rest"
SLOW = "reaching it takes longer or more memory than a test should; that it is applied is checked below"
CUT = "words for logs and rows, cut"
FETCHES = "a Budget of its own, as tested for FETCH_PER_ACTIVITY"

# Bounds without an edge that a test could see; that the product uses them is checked below.
WITHOUT_EDGE = {
    "AFTERWARDS_OVERLAP_SECONDS": "what is seen twice is written once",
    "RESTORED_CHUNK": PIECE,
    "UPLOAD_BODY_BYTES": "the default of media.max_upload_bytes",
    "BIO_CHARS": CUT,
    "ERROR_CHARS": CUT,
    "SANDBOX_ERROR_CHARS": CUT,
    "VISITOR_SECONDS": "the life of a cookie, which browsers keep",
    "APPEARANCE_SECONDS": "the life of a cookie, which browsers keep",
    "SAID_SECONDS": "the life of a cookie, which browsers keep",
    "IMPORT_CHUNK": PIECE,
    "ARCHIVE_ROWS": PIECE,
    "REL_ME_SECONDS": SLOW,
    "RENDER_SECONDS": SLOW,
    "ICC_BYTES": SLOW,
    "JUDGED_TEXT_CHARS": "tested with the models of tests/contracts/test_moderators.py, which hold what is too long",
    "JUDGED_PART_CHARS": PIECE,
    "SANDBOX_FRAME_BYTES": SLOW,
    "SANDBOX_OPEN_FILES": SLOW,
    "JSONLD_SECONDS": SLOW,
    "FETCH_CONNECT_SECONDS": SLOW,
    "FETCH_IDLE_SECONDS": SLOW,
    "FETCH_MEDIA_SECONDS": SLOW,
    "FETCH_CONNECTIONS": POOL,
    "FETCH_KEEPALIVE": POOL,
    "FETCH_KEEPALIVE_SECONDS": PAUSE,
    "FETCH_HOSTS_REMEMBERED": MEMORY,
    "ADDRESSES_REMEMBERED": MEMORY,
    "ACCEPTS_REMEMBERED": MEMORY,
    "FORWARD_SECONDS": FETCHES,
    "KEY_FETCHES": FETCHES,
    "PARSED_KEYS": MEMORY,
    "KNOWN_KEYS": MEMORY,
    "KNOWN_KEY_SECONDS": MEMORY,
    "KNOWN_PROOF_ACTORS": MEMORY,
    "SKEWED_SERVERS": MEMORY,
    "FAILED_ACTORS": MEMORY,
    "FAILED_ACTOR_SECONDS": PAUSE,
    "DOMAIN_RULES_SECONDS": MEMORY,
    "STANDSTILL_SECONDS": MEMORY,
    "STANDSTILL_RETRY_SECONDS": PAUSE,
    "NO_ROOM_WAIT_SECONDS": PAUSE,
    "NO_ROOM_RETRY_SECONDS": PAUSE,
    "DISK_WATCH_SECONDS": PAUSE,
    "DISK_SHORT_BYTES": "when the owner is asked to make room",
    "DISK_SHORT_DAYS": "when the owner is asked to make room",
    "DISK_LOOK_SECONDS": MEMORY,
    "DISK_LOOK_FILES": PIECE,
    "DISK_FORECAST_DAYS": "how far back a plot and a guess look",
    "ORPHAN_FILES": PIECE,
    "VACUUM_PAGES": PIECE,
    "SERVED_DOCUMENTS": MEMORY,
    "SERVED_DOCUMENT_SECONDS": MEMORY,
    "LATE_CREATE_SECONDS": PAUSE,
    "THREAD_UP": FETCHES,
    "THREAD_DOWN": FETCHES,
    "REMOTE_HEADER_SIDE_PIXELS": "as REMOTE_PICTURE_SIDE_PIXELS, for another kind",
    "REMOTE_AVATAR_SIDE_PIXELS": "as REMOTE_PICTURE_SIDE_PIXELS, for another kind",
    "REMOTE_AVATAR_SMALL_PIXELS": "as REMOTE_PICTURE_SIDE_PIXELS, for another kind",
    "REMOTE_COPY_SECONDS": FETCHES,
    "REMOTE_COPY_FETCHES": FETCHES,
    "REMOTE_COPIES_AT_ONCE": POOL,
    "REMOTE_COPIES_WAITING": POOL,
    "RETIRED_ACTORS": PIECE,
    "RETIRED_POSTS": PIECE,
    "LANE_JOIN_SECONDS": PAUSE,
    "DELIVERY_CONCURRENCY": POOL,
    "DELIVERY_SECONDS": SLOW,
    "PROGRESS_SECONDS": PAUSE,
    "DOCTOR_PAUSE_SECONDS": PAUSE,
    "DOCTOR_LOOK_SECONDS": FETCHES,
    "DOCTOR_PEERS": FETCHES,
    "HEARTBEAT_SECONDS": PAUSE,
    "HEARTBEAT_KEPT_SECONDS": MEMORY,
    "SCRAPE_SECONDS": MEMORY,
    "ABANDONED_SECONDS": PAUSE,
    "SWEEP_JOBS": PIECE,
    "SWEEP_ROWS": PIECE,
    "BACKEND_ERROR_BYTES": SLOW,
    "BACKEND_ENVELOPE_BYTES": SLOW,
    "BACKEND_QUEUE_BYTES": SLOW,
    "WORKER_LINE_BYTES": SLOW,
    "STOP_SECONDS": PAUSE,
    "FRACTION_TOLD": "from where on a guess is worth telling",
    "EXPERIENCE_DAYS": "over how many days a guess is an average",
    "MANIFEST_BYTES": SLOW,
    "SCENE_LINE_BYTES": SLOW,
    "SCENE_PICTURE_BYTES": SLOW,
    "ACTS_PER_ACCOUNT": "counted by the limiter like POSTS_PER_ACCOUNT, which is tested",
    "APPEALS_PER_ACCOUNT": "counted by the limiter like POSTS_PER_ACCOUNT, which is tested",
    "GENERATIONS_PER_ACCOUNT": "counted by the limiter beside POSTS_PER_ACCOUNT, which is tested through the same door",
    "MAIL_SECONDS": "the whole talk with a mail server that does not speak; the library keeps it",
    "ANNOUNCEMENTS": "how many a page lists at once",
    "ANNOUNCEMENT_SECONDS": "how old what is shown may be; what this process changes it sees at once",
    "SETTING_SECONDS": "how old a setting may be; what this process changes it sees at once",
    "API_FILES": "the reader of forms refuses more, as it does more fields",
    "API_PEERS": PIECE,
    "UPLOAD_ENVELOPE_BYTES": "room around what media.max_upload_bytes bounds",
    "LANGUAGE_CHARS": "a language tag is cut, and means nothing to us",
    "GATE_WAIT_SECONDS": PAUSE,
    "GATE_LOOK_SECONDS": PAUSE,
    "COUNTS_SECONDS": MEMORY,
    "COUNTS_ACTORS": MEMORY,
    "PROXY_FETCHES": FETCHES,
    "STREAM_SECONDS": PAUSE,
    "STREAM_CHECK_SECONDS": PAUSE,
    "STREAM_LOOK_SECONDS": PAUSE,
    "STREAM_HEARTBEAT_SECONDS": PAUSE,
    "STREAM_RETRY_SECONDS": PAUSE,
    "STREAM_OVERLAP_SECONDS": "what is handled later than this after its arrival is in the inbox, and not told",
    "STREAM_FRESH_SECONDS": "older posts are in timelines, and told to nobody",
    "STREAM_TIES_SECONDS": MEMORY,
    "STREAM_MESSAGE_BYTES": "given to the WebSocket library, which hangs up at more",
}

# Numbers with a unit that are no bound on what others send or ask.
ELSEWHERE = {
    ("fediverse_ai/web/cards.py", "TILE_CHARS"): "how much of a text a tile shows",
    ("fediverse_ai/web/words.py", "TITLE_CHARS"): "how much of a text a title shows",
    ("fediverse_ai/web/post.py", "DESCRIPTION_CHARS"): "how much of a text a link preview shows",
    ("fediverse_ai/web/profile.py", "DESCRIPTION_CHARS"): "how much of a text a link preview shows",
    ("fediverse_ai/web/forms.py", "_VISITOR_CHARS"): "the length of a secret of our own",
    ("fediverse_ai/core/secrets.py", "SECRET_BYTES"): "the length of a secret of our own",
    ("fediverse_ai/core/secrets.py", "DISTINCT_BYTES"): "how a random secret is told from a typed one",
    ("fediverse_ai/core/secrets.py", "_NONCE_BYTES"): "the length that AES-GCM wants",
    ("actors/accounts.py", "SECRET_BYTES"): "the length of a secret of our own",
    ("fediverse_ai/frame.py", "_NAME_BYTES"): "the length of a name of our own",
    ("fediverse_ai/web/challenges.py", "_RANDOM_BYTES"): "the length of a secret of our own",
    ("actors/second_factor.py", "_SECRET_BYTES"): "the length of a secret of our own",
    ("actors/second_factor.py", "_PAPER_CHARS"): "the length of a secret of our own",
    ("outbox/draft.py", "SEED_BYTES"): "the length of a seed of our own",
    ("fediverse_ai/doctor/line.py", "ANSWER_BYTES"): "how much of our own answers the doctor reads",
    (
        "generation/generators/scene/worker.py",
        "ADDRESS_SPACE_BYTES",
    ): "a limit that the drawing process sets itself",
    ("generation/generators/scene/words.py", "MAX_WORDS"): "the longest phrase of a fixed vocabulary",
}


def bounds() -> set[str]:
    tree = ast.parse(BOUNDS.read_text(encoding="utf-8"))
    return {
        node.target.id for node in tree.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def test_every_bound_is_in_one_of_the_tables() -> None:
    assert bounds() - UNITS == HELD.keys() | WITHOUT_EDGE.keys()
    assert not HELD.keys() & WITHOUT_EDGE.keys()


@pytest.mark.parametrize("node", sorted(set(HELD.values())))
def test_the_test_exists(node: str) -> None:
    file, _, name = node.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {item.name for item in tree.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_what_is_said_to_be_at_n_is_in_its_tables() -> None:
    text = (ROOT / VALUES.partition("::")[0]).read_text(encoding="utf-8")
    for table, node in (("ADMITS", PASSES), ("KEEPS", KEPT)):
        part = text.partition(f"{table}: dict[str, Case] = {{")[2].partition("\n}")[0]
        listed = set(re.findall(r'^    "([A-Z_]+)":', part, re.MULTILINE))
        assert {name for name, test in HELD.items() if test == node} <= listed


def test_every_bound_is_applied() -> None:
    """A number that nothing reads is a promise that nobody keeps."""
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for package in PRODUCT
        for path in (ROOT / package).rglob("*.py")
        if path != BOUNDS
    )
    limiter = BOUNDS.read_text(encoding="utf-8").partition("class RateLimiter")[2]
    assert bounds() - UNITS <= set(re.findall(r"\b[A-Z][A-Z_0-9]+\b", code + limiter))


def test_no_bound_lies_elsewhere() -> None:
    """Numbers that bound something carry a unit in their name; such a name gets its number in limits.py."""
    named = re.compile(
        r"^(_?MAX(?:IMUM)?_\w+|\w+_(?:BYTES|CHARS|PIXELS|MAX|ITEMS))(?:: ?Final)? = [0-9(]", re.MULTILINE
    )
    found = {
        (str(path.relative_to(ROOT)), match[1])
        for package in PRODUCT
        for path in (ROOT / package).rglob("*.py")
        if path != BOUNDS
        for match in named.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set(ELSEWHERE)
