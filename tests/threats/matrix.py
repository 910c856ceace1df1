"""Groups A to D and G of the threat catalogue (SECURITY.md; F, K: pictures.py): each entry, and what proves it.

`FILE:test` names one test function; FILES says where FILE is. ABSENT holds the entries that concern nothing we have, or
that we decided otherwise, each with the reason. `test_matrix.py` compares both with the tests that exist.
"""

from __future__ import annotations

from tests.threats import access, pictures

FILES = {
    "forgery": "tests/journeys/test_forgery.py",
    "schemes": "tests/journeys/test_schemes.py",
    "challenges": "tests/journeys/test_challenges.py",
    "rotation": "tests/journeys/test_rotation.py",
    "actor-rules": "tests/actors/test_actor_rules.py",
    "fetching-journey": "tests/journeys/test_authorized_fetch.py",
    "cavage": "tests/activitypub/test_signatures.py",
    "rfc9421": "tests/activitypub/test_message_signatures.py",
    "proofs": "tests/activitypub/test_proofs.py",
    "authority": "tests/activitypub/test_authority.py",
    "document": "tests/activitypub/test_document.py",
    "fetch": "tests/activitypub/test_fetch.py",
    "negotiation": "tests/activitypub/test_negotiation.py",
    "vocabulary": "tests/activitypub/test_vocabulary.py",
    "handlers": "tests/inbox/test_handlers.py",
    "posts": "tests/inbox/test_handlers_posts.py",
    "actors": "tests/inbox/test_handlers_actors.py",
    "articles": "tests/inbox/test_articles.py",
    "block": "tests/inbox/test_block.py",
    "groups": "tests/inbox/test_groups.py",
    "corpus": "tests/inbox/test_corpus.py",
    "forward": "tests/inbox/test_forward.py",
    "move": "tests/inbox/test_move.py",
    "quote": "tests/inbox/test_quote.py",
    "synchronize": "tests/inbox/test_synchronize.py",
    "rules": "tests/actors/test_rules.py",
    "blocklist": "tests/actors/test_blocklist.py",
    "http": "tests/core/test_http.py",
    "urls": "tests/core/test_urls.py",
    "limits": "tests/core/test_limits.py",
    "doors": "tests/core/test_doors.py",
    "delivery": "tests/outbox/test_delivery.py",
    "out-quote": "tests/outbox/test_quote.py",
    "visibility": "tests/outbox/test_visibility.py",
    "proxy": "tests/web/test_proxy.py",
    "xss": "tests/web/test_xss.py",
    "provenance": "tests/generation/test_provenance.py",
    "generators": "tests/contracts/test_generators.py",
    "order": "tests/histories/test_order.py",
    "signatures": "tests/threats/test_signatures.py",
    "origin": "tests/threats/test_origin.py",
    "parsing": "tests/threats/test_parsing.py",
    "fetching": "tests/threats/test_fetching.py",
    "strangers": "tests/threats/test_strangers.py",
    "code": "tests/threats/test_code.py",
    "authorize": "tests/oauth/test_authorize.py",
    "token": "tests/oauth/test_token.py",
    "registration": "tests/oauth/test_registration.py",
    "client-documents": "tests/oauth/test_documents.py",
    "sessions": "tests/oauth/test_sessions.py",
    "cors": "tests/oauth/test_cors.py",
    "second-factor": "tests/web/test_settings_security.py",
    "sign-up": "tests/signups/test_doors.py",
    "people": "tests/signups/test_people.py",
    "programs": "tests/signups/test_programs.py",
    "mail": "tests/signups/test_mail.py",
    "apps": "tests/actors/test_apps.py",
    "accounts": "tests/actors/test_accounts.py",
    "sign-in": "tests/web/test_sign_in.py",
    "rates": "tests/web/test_rates.py",
    "health": "tests/seeing/test_health.py",
    "doctor-door": "tests/doctor/test_door.py",
    "listener": "tests/cli/test_listener.py",
    "oauth": "tests/threats/test_oauth.py",
    "streaming": "tests/mastodon/test_streaming.py",
    "social-events": "tests/social/test_events.py",
}

_FORGED = "forgery:test_a_forged_delivery_gets_401_and_leaves_no_row"
_MALFORMED = "forgery:test_a_malformed_activity_gets_400_though_well_signed parsing:test_malformed_documents_get_400"
_ADDRESSES = "fetching:test_no_address_of_this_machine_is_asked_whatever_names_it"

SIGNATURES = {
    "SIG-01": f"{_FORGED} cavage:test_the_body_swapped_under_an_uncovered_digest",
    "SIG-02": f"{_FORGED} cavage:test_digests",
    "SIG-03": f"{_FORGED} cavage:test_digests",
    "SIG-04": f"{_FORGED} cavage:test_too_little_covered",
    "SIG-05": "forgery:test_an_activity_of_another_actor_is_never_believed authority:test_the_actor_is_the_signer",
    "SIG-06": "forgery:test_a_key_document_that_names_another_owner_is_refused",
    "SIG-07": "forgery:test_a_key_whose_document_has_another_id_is_refused",
    "SIG-08": f"{_FORGED} cavage:test_hosts",
    "SIG-09": "forgery:test_a_replay_is_acknowledged_and_has_no_second_effect",
    "SIG-10": f"{_FORGED} cavage:test_the_window cavage:test_times cavage:test_dates_that_do_not_parse",
    "SIG-11": f"{_FORGED} cavage:test_the_algorithm_follows_the_key",
    "SIG-12": f"{_FORGED} cavage:test_headers_that_do_not_parse cavage:test_two_signatures",
    "SIG-13": f"{_FORGED} cavage:test_a_listed_header_must_be_there_once",
    "SIG-14": "forgery:test_a_key_that_is_too_weak_is_refused cavage:test_keys_that_we_refuse",
    "SIG-15": "forgery:test_a_changed_key_is_fetched_once_and_the_old_one_is_refused_then "
    "rotation:test_theirs_changes rotation:test_an_update_by_the_old_key_brings_the_new_one",
    "SIG-16": "signatures:test_a_refetch_believes_only_the_actor_about_its_key "
    "actors:test_a_key_of_another_owner_is_not_taken_over",
    "SIG-17": "forgery:test_a_flood_of_new_keys_is_told_to_come_back "
    "forgery:test_a_changed_key_is_fetched_once_and_the_old_one_is_refused_then",
    "SIG-18": "fetching-journey:test_two_servers_that_both_want_it_do_not_wait_for_each_other",
    "SIG-19": f"{_FORGED} signatures:test_odd_key_ids_are_refused fetching:test_no_key_and_no_name_leads_here",
    "SIG-20": "forgery:test_our_own_keys_do_not_work_from_outside",
    "SIG-21": "signatures:test_every_inbox_wants_a_signature forgery:test_the_shared_inbox_checks_like_a_personal_one",
    "SIG-22": "actor-rules:test_a_suspended_person_is_cut_off_in_both_directions_and_their_server_is_not "
    "actor-rules:test_another_process_suspends_and_this_one_knows_within_seconds forgery:test_a_suspended_domain_gets_403_before_any_work "
    "fetching-journey:test_a_suspended_reader_sees_nothing",
    "SIG-23": "signatures:test_410_at_the_key_is_proof_that_this_actor_is_gone "
    "signatures:test_any_other_answer_is_no_proof signatures:test_410_is_no_proof_for_anything_else "
    "forgery:test_a_delete_of_somebody_never_seen_is_dropped_without_a_fetch",
    "SIG-24": "fetching-journey:test_a_followers_only_post_is_read_by_followers_alone "
    "visibility:test_a_private_note_looks_exactly_like_a_missing_one",
    "SIG-25": "schemes:test_with_one_thing_wrong_it_is_refused rfc9421:test_one_thing_wrong "
    "rfc9421:test_too_little_covered",
    "SIG-26": "cavage:test_targets_with_and_without_query parsing:test_paths_beside_the_inbox_take_nothing "
    "challenges:test_a_request_with_a_query_is_taken_signed_with_it_and_without "
    "parsing:test_a_slash_behind_the_inbox_is_the_same_door",
    "SIG-27": f"{_FORGED} cavage:test_hosts",
    "SIG-28": "rotation:test_the_old_key_tells_of_the_new_one signatures:test_no_private_key_leaves_or_lies_open signatures:test_each_actor_has_a_key_of_its_own",
    "SIG-30": "signatures:test_a_clock_that_several_servers_contradict_is_told",
    "SIG-29": "http:test_a_post_is_never_redirected http:test_redirects_are_signed_anew_for_each_hop "
    "delivery:test_what_a_status_means",
}

ORIGIN = {
    "AUT-01": "posts:test_a_note_of_somebody_else_is_not_believed",
    "AUT-02": "posts:test_a_note_of_somebody_else_is_not_believed",
    "AUT-03": "posts:test_what_an_address_holds_must_be_its_own",
    "AUT-04": "posts:test_what_an_address_holds_must_be_its_own fetch:test_other_content_types_are_refused",
    "AUT-05": "posts:test_what_an_address_holds_must_be_its_own "
    "fetch:test_an_id_that_does_not_answer_for_itself_is_refused",
    "AUT-06": "posts:test_what_an_address_holds_must_be_its_own fetch:test_another_id_is_asked_at_its_own_home",
    "AUT-07": "posts:test_a_known_private_post_keeps_its_readers",
    "AUT-08": "posts:test_nobody_else_edits posts:test_nobody_else_deletes actors:test_nobody_describes_another",
    "AUT-09": "posts:test_an_author_that_is_no_id_is_nobody",
    "AUT-10": "posts:test_ids_of_ours_do_not_come_from_outside fetch:test_we_never_ask_ourselves "
    "handlers:test_a_boost_of_an_address_of_ours_is_looked_up_and_never_asked",
    "AUT-11": "handlers:test_nobody_undoes_the_follow_of_another handlers:test_nobody_undoes_the_reaction_of_another "
    "block:test_nobody_undoes_the_block_of_another handlers:test_a_stone_set_by_another_does_not_stand_in_the_way",
    "AUT-12": "handlers:test_only_the_followed_actor_accepts "
    "handlers:test_an_accept_of_a_follow_that_was_never_sent_does_nothing",
    "AUT-13": "handlers:test_the_last_word_of_the_followed_counts "
    "order:test_an_accept_that_comes_twice_or_late_changes_nothing",
    "AUT-14": "actors:test_an_update_keeps_endpoints_at_home_and_the_name_as_it_was "
    "actors:test_a_key_of_another_owner_is_not_taken_over",
    "AUT-15": "posts:test_an_edit_does_not_revive_what_was_deleted "
    "posts:test_an_edit_that_is_not_newer_changes_nothing "
    "posts:test_an_edit_changes_neither_author_nor_audience_nor_parent",
    "AUT-16": "posts:test_nobody_else_deletes posts:test_nothing_of_ours_is_deleted_from_outside",
    "AUT-17": "move:test_a_move_without_a_link_back_moves_nobody "
    "move:test_a_link_back_that_was_taken_away_does_not_count "
    "move:test_nobody_moves_another move:test_a_second_move_within_thirty_days_is_not_followed",
    "AUT-18": "handlers:test_a_private_post_is_not_boosted_and_not_confirmed "
    "handlers:test_a_boost_does_not_bring_a_private_post",
    "AUT-19": "handlers:test_a_reaction_counts_once_and_is_told_once",
    "AUT-20": "origin:test_the_signer_is_the_reporter_whoever_the_flag_names "
    "origin:test_a_vote_or_a_like_inside_another_activity_counts_for_nobody",
    "AUT-21": "actors:test_an_activity_has_exactly_one_actor authority:test_an_actor_is_exactly_one_id_in_normal_form "
    "articles:test_a_film_of_two_servers_or_two_people_is_nobodys",
    "AUT-22": "actors:test_an_update_keeps_endpoints_at_home_and_the_name_as_it_was "
    "synchronize:test_a_list_on_another_server_is_not_asked",
    "AUT-23": "actors:test_addressing_her_followers_makes_alice_send_nothing",
    "AUT-24": "origin:test_a_handle_is_of_the_actors_own_server_unless_the_other_agrees "
    "fetch:test_a_name_that_moved_is_asked_for_at_its_new_home",
    "AUT-25": "fetch:test_answers_that_name_no_actor",
    "AUT-26": "strangers:test_an_id_that_changed_hands_begins_anew "
    "strangers:test_new_keys_or_a_new_date_alone_are_the_same_person rotation:test_an_update_by_the_old_key_brings_the_new_one",
    "AUT-27": "quote:test_stamps_of_others_are_read_again_after_a_day quote:test_a_stamp_for_anything_else_is_not_believed "
    "quote:test_a_stamp_that_is_gone_or_missing_is_none "
    "out-quote:test_a_stamp_for_something_else_is_not_taken",
    "AUT-28": "origin:test_a_linked_data_signature_is_nothing",
    "AUT-29": "forward:test_the_key_of_a_proof_is_asked_for_once proofs:test_one_thing_wrong proofs:test_which_keys_count forward:test_no_other_proof_is_believed",
    "AUT-30": "forward:test_a_doctored_copy_brings_what_its_home_says groups:test_the_words_of_the_group_count_for_nothing "
    "forward:test_a_rule_about_the_author_holds_for_its_carriers_too",
    "AUT-31": "groups:test_a_suspended_server_says_nothing_through_a_group handlers:test_a_boost_does_not_bring_a_post_of_a_suspended_actor "
    "handlers:test_a_boost_makes_us_ask_no_suspended_server",
    "AUT-32": "actors:test_unknown_activities_are_acknowledged_and_marked "
    "corpus:test_every_object_is_acknowledged_and_handled",
    "AUT-35": "origin:test_hidden_addressees_are_never_written",
    "AUT-36": "posts:test_counters_of_others_are_not_taken_over",
    "AUT-37": "posts:test_no_claimed_time_puts_a_post_first",
}

PARSING = {
    "PAR-01": f"{_MALFORMED} document:test_duplicate_names_are_refused_at_every_level",
    "PAR-02": f"{_MALFORMED} document:test_depth document:test_bombs_cost_little_time_and_memory",
    "PAR-03": f"{_MALFORMED} document:test_nodes document:test_arrays forgery:test_a_body_over_a_mebibyte_gets_413",
    "PAR-04": f"{_MALFORMED} document:test_unfair_numbers",
    "PAR-05": f"{_MALFORMED} document:test_encodings",
    "PAR-06": f"{_MALFORMED} document:test_only_one_object",
    "PAR-07": "parsing:test_any_value_of_any_property_of_a_note parsing:test_any_value_of_any_property_of_an_actor "
    "parsing:test_any_value_of_any_property_of_an_activity",
    "PAR-08": f"{_MALFORMED} document:test_a_context_cannot_rename_who_says_what",
    "PAR-09": f"{_ADDRESSES} vocabulary:test_no_other_context_is_ever_loaded",
    "PAR-10": "parsing:test_a_clique_of_blank_nodes_costs_nothing "
    "code:test_no_remote_document_reaches_a_canonicaliser_or_an_xml_parser",
    "PAR-11": "origin:test_an_unclear_audience_is_the_narrowest corpus:test_every_spelling_of_public_is_public",
    "PAR-12": "origin:test_an_unclear_audience_is_the_narrowest posts:test_visibility_is_read_as_mastodon_reads_it",
    "PAR-13": "document:test_texts corpus:test_the_language_is_that_of_the_text_shown",
    "PAR-14": "parsing:test_any_value_of_any_property_of_a_note corpus:test_hashtags_are_those_that_could_be_written "
    "corpus:test_mentions_need_their_type_and_count_once",
    "PAR-15": "parsing:test_names_that_look_like_others_are_no_local_names",
    "PAR-16": "parsing:test_display_names_are_bounded_and_plain",
    "PAR-17": "parsing:test_no_script_address_is_kept document:test_link_of "
    "xss:test_no_field_of_any_page_lets_markup_through",
    "PAR-18": f"{_MALFORMED} urls:test_hosts_that_are_none urls:test_ids_that_another_reader_might_read_otherwise",
    "PAR-19": f"{_MALFORMED} urls:test_ids_that_another_reader_might_read_otherwise "
    "rules:test_hosts_are_compared_in_one_form",
    "PAR-20": f"{_MALFORMED} document:test_strings document:test_size",
    "PAR-21": "document:test_timestamp_ms posts:test_no_claimed_time_puts_a_post_first",
    "PAR-22": "parsing:test_sizes_out_of_range_are_dropped corpus:test_sizes_are_taken_as_claims",
    "PAR-23": "parsing:test_content_types forgery:test_another_media_type_gets_415",
    "PAR-24": "parsing:test_paths_beside_the_inbox_take_nothing parsing:test_methods_of_the_inbox "
    "parsing:test_a_slash_behind_the_inbox_is_the_same_door",
    "PAR-25": "code:test_no_expression_takes_more_than_linear_time",
    "PAR-26": "code:test_no_remote_document_reaches_a_canonicaliser_or_an_xml_parser "
    "provenance:test_nonsense_packets_say_nothing",
    "PAR-27": "blocklist:test_a_list_has_bounds "
    "blocklist:test_lines_that_are_no_rules_are_told_by_number_and_the_others_count",
    "PAR-28": "parsing:test_names_that_look_like_others_are_no_local_names urls:test_one_form_for_each_host",
}

FETCHING = {
    "NET-01": f"{_ADDRESSES} fetching:test_no_key_and_no_name_leads_here code:test_no_other_http_client "
    "proxy:test_no_address_inside_our_network_is_asked",
    "NET-02": f"{_ADDRESSES} fetching:test_no_key_and_no_name_leads_here",
    "NET-03": "http:test_the_checked_address_is_the_one_connected_to",
    "NET-04": f"{_ADDRESSES} http:test_addresses_that_are_never_asked",
    "NET-05": "fetching:test_no_key_and_no_name_leads_here urls:test_hosts_that_are_none",
    "NET-06": "http:test_bad_redirects_are_refused",
    "NET-07": "http:test_bad_redirects_are_refused http:test_at_most_three_redirects",
    "NET-08": "http:test_redirects_are_signed_anew_for_each_hop",
    "NET-09": "http:test_refused_without_a_connection",
    "NET-10": "http:test_the_deadline_holds_for_every_kind_of_slowness "
    "http:test_names_without_an_answer_do_not_stop_the_others",
    "NET-11": "http:test_the_size_of_an_answer http:test_an_endless_answer_is_cut",
    "NET-12": "http:test_a_packed_bomb_is_cut_and_unknown_packing_refused",
    "NET-13": "fetch:test_other_content_types_are_refused negotiation:test_content_types_that_we_refuse",
    "NET-14": "strangers:test_no_page_leads_to_a_document",
    "NET-15": "http:test_tls_is_checked_and_a_further_authority_may_be_trusted "
    "http:test_https_never_falls_back_to_http",
    "NET-16": "http:test_network_failures_are_unreachable",
    "NET-17": "http:test_proxy_variables_are_ignored",
    "NET-18": "fetch:test_we_never_ask_ourselves",
    "NET-19": "proxy:test_strangers_cause_no_fetch proxy:test_an_address_opens_one_picture_only",
    "NET-20": "fetching:test_fifty_hosts_in_one_activity_are_not_asked http:test_few_requests_at_once_for_one_host "
    "forward:test_a_carrier_drives_a_bounded_number_of_requests",
    "NET-21": "http:test_a_budget_counts_every_hop http:test_says_who_asks_takes_no_cookies_and_wants_nothing_packed",
    "NET-22": "strangers:test_a_link_in_a_post_is_never_asked",
    "NET-23": "fetching:test_deliveries_do_not_lead_here_either "
    "actors:test_an_update_keeps_endpoints_at_home_and_the_name_as_it_was",
    "NET-24": "strangers:test_what_an_answer_says_of_caching_changes_nothing strangers:test_not_modified_is_no_answer",
    "NET-25": "fetch:test_statuses delivery:test_the_schedule_is_the_promised_one",
    "NET-26": "fetching:test_a_broken_second_address_does_not_stop_us",
    "NET-27": "fetching:test_names_of_no_public_server_are_not_even_looked_up",
    "NET-28": "fetching:test_the_text_of_a_refusal_tells_nothing doors:test_a_problem_tells_the_public_sentence_only",
    "NET-29": f"code:test_no_other_http_client {_ADDRESSES} generators:test_the_environment_sends_nothing_elsewhere",
    "NET-30": "fetching:test_what_is_remembered_of_names_is_bounded limits:test_the_table_is_bounded",
}

OAUTH = {
    "OAU-01": "authorize:test_any_other_address_gets_a_page_and_no_redirect "
    "authorize:test_which_addresses_may_be_registered authorize:test_redirect_uris_stay_as_they_are",
    "OAU-02": "authorize:test_what_the_app_did_wrong_is_told_at_its_address "
    "token:test_a_verifier_without_a_challenge_is_a_downgrade apps:test_a_verifier_that_does_not_fit_uses_the_code_up",
    "OAU-03": "token:test_a_code_is_good_once_and_its_return_ends_the_token token:test_a_code_is_good_for_a_minute "
    "apps:test_of_two_at_once_one_wins_and_the_other_ends_it apps:test_a_code_is_bound_to_its_app_and_address",
    "OAU-04": "authorize:test_a_link_is_no_consent authorize:test_the_form_is_bound_to_session_and_parameters",
    "OAU-05": "oauth:test_no_scope_opens_what_it_does_not_cover oauth:test_the_token_step_gives_no_more_than_the_consent "
    "authorize:test_an_app_gets_no_more_than_it_registered_for apps:test_which_scope_gives_what",
    "OAU-06": "token:test_a_token_counts_in_one_header_only token:test_secrets_in_the_address_are_not_read",
    "OAU-07": "apps:test_a_token_is_revoked_by_its_app_alone streaming:test_a_stream_ends_with_its_token "
    "social-events:test_a_stream_ends_with_its_token_and_there_are_so_many "
    "token:test_a_person_who_was_shut_out_is_out_by_tokens_too accounts:test_a_new_password_ends_everything",
    "OAU-08": "registration:test_registrations_are_limited_by_address authorize:test_names_cannot_deceive "
    "apps:test_of_unused_apps_only_the_newest_are_kept client-documents:test_a_stranger_makes_us_ask_nothing "
    "client-documents:test_a_person_may_not_make_us_ask_without_end",
    "OAU-09": "authorize:test_names_cannot_deceive authorize:test_the_page_says_who_asks_for_what_and_who_is_asked "
    "client-documents:test_metadata_that_are_not_believed",
    "OAU-10": "sign-in:test_tries_are_limited_by_address_and_by_name "
    "sign-in:test_names_are_counted_without_case_and_spaces "
    "sign-in:test_a_wrong_password_and_an_unknown_name_get_the_same_answer "
    "accounts:test_unknown_names_cost_the_same_hashing token:test_tries_are_limited_by_address",
    "OAU-11": "oauth:test_no_rotation_of_addresses_dodges_a_limit "
    "rates:test_behind_a_proxy_of_this_machine_its_visitors_are_counted "
    "rates:test_doctor_sees_a_proxy_that_is_not_named_and_one_that_is_everybody "
    "listener:test_forwarded_headers_are_believed_only_from_configured_addresses",
    "OAU-12": "accounts:test_password_length accounts:test_hashing_costs_what_an_attacker_should_pay "
    "accounts:test_the_same_letters_in_another_normal_form_are_the_same_password accounts:test_a_link_works_once "
    "accounts:test_nobody_and_people_without_a_password_are_answered_alike "
    "people:test_a_link_for_a_new_password_works_once_for_half_an_hour_and_ends_everything_else",
    "OAU-13": "sign-in:test_in_production_the_cookie_is_secure_and_bound_to_the_host "
    "sign-in:test_a_new_session_replaces_the_browsers_old_one sign-in:test_in_by_password_and_out_again "
    "sessions:test_a_session_is_listed_under_its_browser_and_ended",
    "OAU-14": "oauth:test_no_form_works_without_its_token sign-in:test_forms_from_elsewhere_are_refused "
    "sign-in:test_every_form_of_every_page_is_protected",
    "OAU-15": "cors:test_no_page_is cors:test_a_token_reads_from_anywhere_and_a_cookie_from_nowhere "
    "token:test_a_session_cookie_opens_nothing_here oauth:test_no_token_opens_a_page_of_a_session",
    "OAU-16": "token:test_other_grants_are_not_offered token:test_an_app_asks_for_itself "
    "oauth:test_no_scope_opens_what_it_does_not_cover",
    "OAU-17": "apps:test_secrets_lie_hashed accounts:test_secrets_are_not_in_the_database",
    "OAU-18": "authorize:test_headers_let_the_answer_out_and_nothing_else "
    "authorize:test_out_of_band_shows_a_code_that_nobody_keeps",
    "OAU-19": "registration:test_every_address_in_the_metadata_answers "
    "authorize:test_a_stranger_signs_in_and_comes_back_to_what_was_asked",
    "OAU-23": "sessions:test_an_app_is_listed_with_its_rights_and_ended apps:test_a_token_ends_when_it_is_idle "
    "apps:test_a_refresh_token_works_once_and_its_return_ends_all",
    "OAU-20": "second-factor:test_sign_in_asks_for_the_code_and_takes_none_twice "
    "second-factor:test_each_recovery_code_opens_once_and_new_ones_end_the_old "
    "second-factor:test_it_ends_with_password_and_code second-factor:test_a_link_and_an_app_meet_the_second_step_too",
    "OAU-21": "mail:test_a_member_gives_changes_and_forgets_an_address mail:test_a_forgotten_password "
    "mail:test_an_address_is_nowhere_but_with_its_owner",
    "OAU-25": "sign-up:test_a_new_server_lets_nobody_in_and_says_so "
    "sign-up:test_who_is_first_decides_and_the_others_change_nothing "
    "sign-up:test_a_flood_is_bounded_by_address_by_day_and_by_what_waits "
    "sign-up:test_what_is_wrong_is_told_and_nothing_is_kept programs:test_a_closed_door_is_closed_for_apps",
    "OAU-24": "authorize:test_out_of_band_shows_a_code_that_nobody_keeps",
}

ABSENT = {
    "OAU-22": "Web push is not built and not advertised.",
}

NAMES = dict(
    line.split(" ", 1)
    for line in """
SIG-01 Body not covered
SIG-02 Digest missing on POST
SIG-03 Digest wrong, or right for another algorithm label
SIG-04 Empty or tiny header list
SIG-05 Key belongs to somebody else
SIG-06 Key document claims another owner
SIG-07 Key id differs from the fetched document's id
SIG-08 Replay to another path
SIG-09 Replay to the same path within the time window
SIG-10 Old, future, absent, unparsable date
SIG-11 Algorithm confusion
SIG-12 Duplicate signature parameters
SIG-13 Listed header absent from the request, or present twice with different values
SIG-14 Weak or odd keys
SIG-15 Key rotation
SIG-16 Key change by an unrelated document refresh
SIG-17 Refetch amplifier
SIG-18 Key fetch loop between two authorized-fetch servers
SIG-19 keyId oddities
SIG-20 Local key used from outside
SIG-21 Signature present but check skipped
SIG-22 Blocked or suspended signer still counts as valid elsewhere
SIG-23 Delete of a gone actor: key answers 410
SIG-24 Signed GET laundering: key owner is not in the audience
SIG-25 RFC 9421
SIG-26 Query string in the request target signed with and without
SIG-27 Proxy path or host rewriting
SIG-28 Private-key misuse
SIG-29 Outgoing: redirect on delivery
SIG-30 Clock skew: our clock is ±2 h off
AUT-01 Stranger's object pushed
AUT-02 Object under the attacker's id, attributed to bob
AUT-03 Fetched document with foreign id
AUT-04 Foreign id served from a same-host user upload
AUT-05 Open redirect on the good host
AUT-06 Same host, other location
AUT-07 Extend somebody's audience
AUT-08 Same-origin third party
AUT-09 attributedTo that maps to a local row
AUT-10 Local id from outside
AUT-11 Undo by another
AUT-12 Accept/Reject by the wrong actor
AUT-13 Reject after accept, Accept after Undo, Accept twice, out of order
AUT-14 Update raises rights
AUT-15 Update revives or rewrites
AUT-16 Delete forms
AUT-17 Move
AUT-18 Announce forgery
AUT-19 Like/Announce counts
AUT-20 Votes, flags, listens etc
AUT-21 actor as object, list, or with different id spelling
AUT-22 Collections owned by others
AUT-23 Addressing magic
AUT-24 WebFinger spoof
AUT-25 WebFinger answers
AUT-26 Handle takeover after domain change of hands
AUT-27 Consent objects
AUT-28 LD-signature tree games
AUT-29 FEP-8b32 proof
AUT-30 Relay
AUT-31 Blocked author through a clean carrier
AUT-32 Poll, event, question types on our image network: unknown types
AUT-33 Outbox C2S spoofing
AUT-34 C2S side doors
AUT-35 bto/bcc shown back in any form
AUT-36 Remote counters
AUT-37 Times
PAR-01 Duplicate keys
PAR-02 Depth 33, 1 000, 100 000
PAR-03 Width
PAR-04 Numbers
PAR-05 Encodings
PAR-06 Trailing garbage, two documents, empty body, null, [], "x", 42
PAR-07 Wrong types everywhere
PAR-08 JSON-LD keywords where plain JSON is expected
PAR-09 Remote context
PAR-10 Canonicalisation bomb (F1)
PAR-11 Public collection spelled as
PAR-12 Visibility by position
PAR-13 Language maps
PAR-14 tag tricks
PAR-15 Handle confusables
PAR-16 Display names
PAR-17 URL schemes in id, url, href, icon.url, field links
PAR-18 Parser disagreement
PAR-19 Id aliasing
PAR-20 Very long
PAR-21 Date formats
PAR-22 Durations, sizes, blurhash, focal point out of range
PAR-23 Content-Type variants on inbox
PAR-24 HTTP method and path games
PAR-25 Regex and linear-time
PAR-26 XML anywhere (host-meta, feeds, SVG, XMP)
PAR-27 CSV
PAR-28 Locale/case mapping
NET-01 Literal private hosts in every field that is fetched
NET-02 Names that resolve to private addresses
NET-03 DNS rebinding: first answer public, second private, TTL 0
NET-04 Special ranges table
NET-05 Odd numeric hosts
NET-06 Redirect to private address, at hop 1, 2, 3
NET-07 Redirect to http
NET-08 Credentials and headers across redirects
NET-09 Ports
NET-10 Slow peer
NET-11 Huge answers
NET-12 Compression bombs: gzip/deflate/br/zstd 1000:1, nested encodings
NET-13 Content-type confusion on fetch
NET-14 HTML discovery
NET-15 TLS
NET-16 HTTP smuggling from peer
NET-17 Environment proxy variables
NET-18 Our own host by another name (CNAME, second domain, IP literal)
NET-19 Media proxy as an open proxy
NET-20 Request amplification: one activity names 50 hosts × 20 URLs
NET-21 Reflected attack on a third party
NET-22 Link preview stampede (ours on others)
NET-23 Delivery target abuse: actor with inbox on a victim host
NET-24 Conditional requests and caches
NET-25 429/503 with Retry-After: 0, -1, 9e9, date in 2999, garbage
NET-26 IPv6-only, IPv4-only, broken AAAA
NET-27 Tor/I2P names
NET-28 Error text leak
NET-29 Generation backend URL (local model server) reachable by remote input
NET-30 Unbounded remembering of dead hosts: 1 M distinct failing hosts/ports
OAU-01 Redirect URI
OAU-02 PKCE
OAU-03 Code
OAU-04 Cross-user consent
OAU-05 Scope escalation
OAU-06 Token in query string, in fragment, in cookie, two at once
OAU-07 Revoked or expired token on an open stream, in a cache
OAU-08 Client registration flood
OAU-09 Phishing client names
OAU-10 Login brute force and stuffing
OAU-11 Limit bypass by headers, IPv6 rotation, path suffix
OAU-12 Password storage and policy
OAU-13 Session cookie
OAU-14 CSRF on every state-changing web route
OAU-15 CORS
OAU-16 Password grant, implicit, client credentials misuse
OAU-17 Secrets at rest
OAU-18 Referrer and log leak of codes
OAU-19 Issuer mix-up
OAU-20 Two-factor
OAU-21 Account takeover by e-mail change
OAU-22 Web push subscription of another user
OAU-23 Refresh, rotation and lifetime
OAU-24 Out-of-band code page framed or cached
OAU-25 Sign-up
""".strip().splitlines()
)

FILES |= pictures.FILES | access.FILES
ABSENT |= pictures.ABSENT | access.ABSENT
NAMES |= pictures.NAMES | access.NAMES
PROVEN = SIGNATURES | ORIGIN | PARSING | FETCHING | OAUTH | pictures.MEDIA | pictures.GENERATION | access.ACCESS
MATRIX = {name: tuple(tests.split()) for name, tests in PROVEN.items()}
GROUPS = {"SIG": 30, "AUT": 37, "PAR": 28, "NET": 30, "OAU": 25} | pictures.GROUPS | access.GROUPS
