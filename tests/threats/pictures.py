"""Groups F and K of the threat catalogue: media, and the making and judging of pictures; as matrix.py has the others."""

from __future__ import annotations

FILES = {
    "images": "tests/generation/test_images.py",
    "uploads": "tests/outbox/test_uploads.py",
    "sandbox": "tests/generation/test_sandbox.py",
    "served": "tests/outbox/test_served.py",
    "storage": "tests/core/test_small_parts.py",
    "pipeline": "tests/generation/test_pipeline.py",
    "prepare": "tests/outbox/test_prepare.py",
    "schedule": "tests/outbox/test_schedule.py",
    "publish": "tests/outbox/test_publish.py",
    "appeals": "tests/outbox/test_appeals.py",
    "make": "tests/web/test_make.py",
    "gate": "tests/histories/test_gate.py",
    "kills": "tests/journeys/test_kills.py",
    "policy": "tests/generation/moderation/test_policy.py",
    "policy-file": "tests/generation/moderation/test_policy_file.py",
    "normalise": "tests/generation/moderation/test_normalise.py",
    "lists": "tests/generation/moderation/test_lists.py",
    "nudity": "tests/generation/moderation/test_nudity.py",
    "known": "tests/generation/moderation/test_known.py",
    "evaluation": "tests/generation/moderation/test_evaluation.py",
    "moderators": "tests/contracts/test_moderators.py",
    "services": "tests/contracts/test_judging_services.py",
    "pictures": "tests/threats/test_pictures.py",
    "probing": "tests/outbox/test_probing.py",
    "remote": "tests/web/test_remote_verdicts.py",
    "queue": "tests/web/test_moderation_queue.py",
}

MEDIA = {
    "MED-01": "images:test_what_is_no_picture_is_unsupported images:test_hostile_pictures_are_refused_quickly_with_a_sentence "
    "pictures:test_no_other_format_is_decoded",
    "MED-02": "pictures:test_documents_and_programs_are_no_pictures served:test_files_are_served_so_that_they_can_do_nothing",
    "MED-03": "images:test_what_is_no_picture_is_unsupported pictures:test_no_other_format_is_decoded",
    "MED-04": "images:test_polyglots_lose_their_other_half uploads:test_nothing_of_the_file_that_came_is_kept",
    "MED-05": "images:test_hostile_pictures_are_refused_quickly_with_a_sentence",
    "MED-06": "images:test_hostile_pictures_are_refused_quickly_with_a_sentence "
    "images:test_a_picture_that_is_too_costly_is_refused_and_the_next_one_is_made "
    "sandbox:test_a_hanging_child_is_killed_in_time sandbox:test_a_greedy_child_is_stopped_by_its_limit",
    "MED-07": "pictures:test_no_other_format_is_decoded sandbox:test_the_child_inherits_no_secret_and_cannot_write "
    "sandbox:test_decoding_gets_a_new_process_each_time_and_models_keep_theirs",
    "MED-08": "images:test_no_metadata_leaves_but_ours uploads:test_nothing_of_the_file_that_came_is_kept",
    "MED-09": "storage:test_files_are_named_by_their_content storage:test_suffixes_are_plain",
    "MED-10": "storage:test_no_other_file_can_be_named pictures:test_no_path_leads_out_of_the_folder_of_files",
    "MED-11": "served:test_files_of_what_is_not_out_or_no_more_are_not_served uploads:test_a_file_is_seen_by_its_owner_alone "
    "proxy:test_pictures_of_private_posts_are_for_their_readers",
    "MED-12": "uploads:test_an_upload_is_its_owners_and_goes_into_one_post",
    "MED-13": "pictures:test_ranges_cost_no_more_than_the_file",
    "MED-14": "pictures:test_tricks_with_multipart_end_soon_and_keep_nothing",
    "MED-15": "uploads:test_what_no_post_took_is_forgotten_after_a_day uploads:test_one_person_keeps_a_bounded_number "
    "storage:test_a_file_that_was_not_finished_does_not_exist",
    "MED-16": "proxy:test_copies_are_fetched_anew_after_a_week_and_when_the_address_changes "
    "proxy:test_what_is_no_picture_is_not_served_and_not_asked_for_again_at_once",
    "MED-17": "proxy:test_avatars_too proxy:test_a_file_has_a_bound",
    "MED-18": "pictures:test_the_same_picture_is_brought_so_often_in_an_hour images:test_hostile_pictures_are_refused_"
    "quickly_with_a_sentence",
    "MED-20": "proxy:test_what_is_no_picture_is_not_served_and_not_asked_for_again_at_once "
    "pictures:test_no_other_format_is_decoded",
    "MED-21": "services:test_words_to_the_judge_stay_in_their_slot evaluation:test_words_to_the_judge_change_little",
    "MED-22": "pictures:test_what_is_judged_is_what_is_published images:test_orientation_is_applied "
    "images:test_transparency_is_flattened_on_white images:test_profiles_change_the_pixels_and_are_dropped "
    "images:test_first_picture_of_a_multi_picture_jpeg nudity:test_transparency_is_seen_on_both_grounds",
}

GENERATION = {
    "GEN-01": "gate:test_no_byte_leaves_without_a_verdict_for_it publish:test_a_verdict_that_does_not_allow_opens_nothing "
    "publish:test_a_verdict_over_another_picture_opens_nothing publish:test_a_verdict_of_another_post_opens_nothing "
    "kills:test_kills_lose_nothing_and_double_nothing pictures:test_one_function_lets_posts_out",
    "GEN-02": "moderators:test_nonsense_from_the_child_holds services:test_whatever_is_no_judgement_holds "
    "policy:test_missing_judgements_hold policy:test_a_score_that_is_none_holds pipeline:test_a_moderator_that_fails_means_hold "
    "nudity:test_another_model_is_not_used",
    "GEN-03": "evaluation:test_disguises normalise:test_invisible_characters_change_nothing lists:test_found "
    "pictures:test_words_alone_never_let_a_picture_pass",
    "GEN-04": "services:test_words_to_the_judge_stay_in_their_slot services:test_llama_guard_has_a_grammar "
    "evaluation:test_words_to_the_judge_change_little",
    "GEN-05": "nudity:test_the_canary_is_stopped nudity:test_odd_shapes_have_views known:test_turned_copies_are_found "
    "moderators:test_words_in_a_picture_are_read_and_judged",
    "GEN-06": "evaluation:test_minors_and_sexual_content_are_refused_by_their_own_rule "
    "policy:test_youth_in_the_prompt_and_nudity_in_the_picture_break_a_rule_together "
    "pictures:test_the_prompt_is_judged_together_with_its_picture",
    "GEN-07": "policy:test_thresholds lists:test_found pictures:test_a_face_on_an_uncovered_body_is_refused",
    "GEN-08": "lists:test_found policy:test_every_category_of_the_published_taxonomy_has_a_rule",
    "GEN-09": "probing:test_each_try_beyond_a_few_waits_twice_as_long probing:test_moderators_get_one_report "
    "probing:test_deleting_what_was_refused_makes_nobody_forget",
    "GEN-10": "appeals:test_the_page_explains_and_takes_the_appeal",
    "GEN-11": "remote:test_what_the_gate_says_is_done remote:test_its_author_does_not_uncover_it "
    "remote:test_a_portrait_that_is_held_is_not_shown",
    "GEN-12": "nudity:test_another_model_is_not_used sandbox:test_the_child_inherits_no_secret_and_cannot_write",
    "GEN-13": "generators:test_any_prompt_is_only_text generators:test_orders_inside_a_prompt_stay_inert",
    "GEN-14": "prepare:test_an_absent_backend_is_tried_three_times prepare:test_wrong_bytes_never_become_a_picture "
    "pipeline:test_a_generator_that_is_late_is_stopped sandbox:test_a_dying_child_is_replaced",
    "GEN-15": "make:test_what_is_not_out_is_for_its_author_alone uploads:test_a_file_is_seen_by_its_owner_alone",
    "GEN-16": "publish:test_the_note_is_labelled_and_complete provenance:test_read_back_from_every_format "
    "uploads:test_labels_follow_the_declared_origin_but_not_against_the_file",
    "GEN-17": "publish:test_the_note_is_labelled_and_complete",
    "GEN-18": "queue:test_an_item_is_shown_blurred_with_its_scores_and_its_authors_record "
    "queue:test_who_looked_at_a_held_picture_stands_in_the_log_once_an_hour "
    "queue:test_two_people_have_to_say_the_same queue:test_what_is_handed_to_the_admins_is_theirs",
    "GEN-19": "appeals:test_a_refusal_is_turned_round_without_making_the_picture_again "
    "appeals:test_an_appeal_is_made_once_and_answered_once",
    "GEN-20": "schedule:test_a_new_policy_judges_the_same_bytes_again policy-file:test_a_change_is_taken_up_after_it_rested "
    "gate:test_no_byte_leaves_without_a_verdict_for_it",
}

ABSENT = {
    "MED-19": "Out of scope, and said so: hidden data and removed watermarks in others' pictures are not looked for.",
}

NAMES = dict(
    line.split(" ", 1)
    for line in """
MED-01 Non-image uploads with image name or type
MED-02 Uploaded activity document
MED-03 SVG anywhere
MED-04 Polyglots
MED-05 Pixel bombs
MED-06 Decode bombs
MED-07 Memory corruption in decoders
MED-08 Metadata leak
MED-09 Filename
MED-10 Path traversal on serving and archives
MED-11 Private media by address
MED-12 Attach someone else's upload
MED-13 Range abuse
MED-14 Multipart abuse
MED-15 Disk: abandoned uploads, temporary files, orphans
MED-16 Remote media that lie or change
MED-17 Emoji and avatars as the small side door
MED-18 Near-duplicate flooding and adversarial layout
MED-19 Steganography and watermark removal
MED-20 Video and audio from peers
MED-21 Alt text and prompt as injection carriers
MED-22 Wrong-pixel moderation
GEN-01 Publish without verdict
GEN-02 Moderator down, late, out of memory, garbage
GEN-03 Prompt evasion
GEN-04 Instruction injection into any model
GEN-05 Typographic and adversarial pictures
GEN-06 Sexual content with minor-like subjects
GEN-07 Living persons
GEN-08 Trademarks, artists' styles, political deepfakes
GEN-09 Seed and threshold search
GEN-10 Moderation oracle leak
GEN-11 Incoming remote pictures
GEN-12 Model supply
GEN-13 Worker escape
GEN-14 Exhaustion, stuck and poisonous jobs
GEN-15 Cross-user leak
GEN-16 Provenance
GEN-17 Stripping of marks by peers
GEN-18 Safety of human review
GEN-19 Appeals and errors
GEN-20 Policy change
""".strip().splitlines()
)

GROUPS = {"MED": 22, "GEN": 20}
