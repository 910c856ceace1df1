"""Every bound in one place, with its unit, and the limiter that counts requests against a rate."""

# D21: tests/core/test_bounds.py lists each of them with the test that holds it.

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fediverse_ai.core.errors import TooMany

if TYPE_CHECKING:
    from fediverse_ai.core.clock import Clock

KIB: Final = 1024
MIB: Final = 1024 * KIB

# Requests to us, in bytes and seconds.
INBOX_BODY_BYTES: Final = 1 * MIB
FORM_BODY_BYTES: Final = 256 * KIB
UPLOAD_BODY_BYTES: Final = 16 * MIB
RECEIVE_BODY_SECONDS: Final = 30.0
RECEIVE_HEAD_BYTES: Final = 32 * KIB
RECEIVE_HEAD_FIELDS: Final = 100
RECEIVE_HEAD_SECONDS: Final = 10.0
RECEIVE_TARGET_BYTES: Final = 8 * KIB
RECEIVE_CONNECTIONS: Final = 4_096
RECEIVE_BACKLOG: Final = 2_048
RECEIVE_KEEPALIVE_SECONDS: Final = 5

# Names and addresses, in characters.
HOST_LENGTH: Final = 253
URL_LENGTH: Final = 2048

# JSON that others send (D6).
JSON_DEPTH: Final = 32
JSON_NODES: Final = 10_000
JSON_ARRAY_ITEMS: Final = 1_000
JSON_FANOUT_ITEMS: Final = 100
JSON_STRING_CHARS: Final = 64 * KIB  # `content` may have CONTENT_CHARS
JSON_INTEGER_MAX: Final = 2**53

# Signatures, keys and negotiation: bytes, characters, bits, pieces, seconds.
SIGNATURE_HEADER_BYTES: Final = 8 * KIB
SIGNATURE_COVERED: Final = 32
SIGNATURE_BYTES: Final = 512  # RSA 4096
SIGNATURE_PAST_SECONDS: Final = 3600 + 300  # an hour, and five minutes for the way
SIGNATURE_FUTURE_SECONDS: Final = 3600
SIGNATURE_LIFE_SECONDS: Final = 12 * 3600  # of an explicit `expires`, which Mastodon honours up to this
CHALLENGE_CHARS: Final = 256  # of a nonce or a tag that a peer wants signed
CHALLENGE_LABEL_CHARS: Final = 64
CHALLENGE_LIFE_SECONDS: Final = 300  # of a signature that a peer wants with an end
KNOCKS: Final = 3  # requests of one attempt, each signed otherwise
KEY_MIN_BITS: Final = 2_048
KEY_MAX_BITS: Final = 4_096
MULTIBASE_CHARS: Final = 1_024  # an RSA 4096 key has 720; decoding is quadratic
ACCEPT_CHARS: Final = 4_096
ACCEPTS_REMEMBERED: Final = 256
LANGUAGES: Final = 10  # of a language map, looked at
JSONLD_BYTES: Final = 64 * KIB  # of what PyLD is given: a fair document takes milliseconds, a crafted one much longer
JSONLD_NODES: Final = 1_000
JSONLD_SECONDS: Final = 5.0

# Text that we keep of remote things, in characters.
CONTENT_CHARS: Final = 100_000
NAME_CHARS: Final = 500
BIO_CHARS: Final = 20_000

# What people of this server may write, in characters and pieces.
USERNAME_CHARS: Final = 30
POST_TEXT_CHARS: Final = 5_000
ALT_TEXT_CHARS: Final = 1_500
PROMPT_CHARS: Final = 2_000
POST_IMAGES: Final = 4  # made at once
POST_ATTACHMENTS: Final = 16  # what Misskey shows of one post; others show the first four
UPLOADS_WAITING: Final = 64  # of one person, in no post
UPLOAD_SECONDS: Final = 86_400.0  # until one that no post took is forgotten
SAME_ID_SECONDS: Final = 600.0  # after which what was made and looked at is posted under an id of that time
CANDIDATE_SECONDS: Final = 7 * 86_400.0  # until pictures that nobody picked are forgotten
SCHEDULE_SECONDS: Final = 366 * 86_400  # ahead, at most
CLIENT_KEY_CHARS: Final = 64  # by which a form sent twice is one post
FORM_FIELDS: Final = 50
SEED_DIGITS: Final = 15
PASSWORD_MIN_CHARS: Final = 10
PASSWORD_MAX_CHARS: Final = 256
COOKIE_CHARS: Final = 8_192
BACK_CHARS: Final = 300  # of the path that a form leads back to
LANGUAGES_ASKED: Final = 20  # of an Accept-Language header
SIGN_IN_WAIT_SECONDS: Final = 3_600.0  # after too many tries: a quarter of an hour, doubled each time up to this
SIGN_IN_FORGIVEN_SECONDS: Final = 86_400.0
SIGN_IN_LINK_SECONDS: Final = 3600
SESSION_SECONDS: Final = 14 * 86_400
SECOND_STEP_SECONDS: Final = 300  # between the password and the code of a two-factor sign-in
CODE_DRIFT_STEPS: Final = 1  # half minutes that a code's clock may be off, either way
RECOVERY_CODES: Final = 10
PASSKEYS: Final = 10  # of one account
PASSKEY_BYTES: Final = 4096  # of what is kept of one: its id and its public key
PASSKEY_ID_BYTES: Final = 1023  # more is no id of a passkey (WebAuthn level 3, 7.1)
PASSKEY_NAME_CHARS: Final = 60
PASSKEY_SECONDS: Final = 600  # in which the question of a page may be answered
FRESH_SESSION_SECONDS: Final = 3_600  # for which a new session may set a first password
VISITOR_SECONDS: Final = 86_400

# Who comes in, and what they are told: characters, seconds, pieces.
SIGN_UP_REASON_CHARS: Final = 1_000
SIGN_UP_QUESTION_CHARS: Final = 300  # of what people in charge ask of who wants to join
SIGN_UP_BACKLOG: Final = 20  # requests that wait; GoToSocial's number, as the next one
SIGN_UPS_DAILY: Final = 10  # requests in a day
SIGN_UP_KEPT_SECONDS: Final = 30 * 86_400.0  # for which a decided request can still be looked up
SIGN_UP_WAIT_SECONDS: Final = 86_400.0  # until an address that made SIGN_UPS_PER_ADDRESS may go on
INVITES_OPEN: Final = 20  # of one member
INVITE_USES: Final = 100  # of one invitation
INVITE_DAYS: Final = 366
RESET_LINK_SECONDS: Final = 1_800
CONFIRM_LINK_SECONDS: Final = 2 * 86_400
MAIL_ADDRESS_CHARS: Final = 254  # RFC 5321, 4.5.3.1.3
MAIL_SECONDS: Final = 30.0  # for the whole talk with the mail server
MAIL_TRIES: Final = 8
LETTER_SECONDS: Final = 2 * 86_400.0  # until one that could not be sent is forgotten
ANNOUNCEMENT_CHARS: Final = 2_000
ANNOUNCEMENTS_SHOWN: Final = 3  # above a page, the newest
ANNOUNCEMENTS: Final = 100  # that a page or an app lists
ANNOUNCEMENT_EMOJIS: Final = 8  # different ones under one announcement
ANNOUNCEMENT_SECONDS: Final = 2.0  # how old what is shown above a page may be
SETTING_SECONDS: Final = 2.0  # how old a setting may be where a request asks
PEOPLE_ROWS: Final = 50  # of the owner's list of people
APPEARANCE_SECONDS: Final = 31_536_000
SAID_SECONDS: Final = 60  # what is said after a redirect, kept until the next page
SAID_CHARS: Final = 400
MAINTENANCE_SECONDS: Final = 300  # when to come back while the server is closed for work
MAINTENANCE_LOOK_SECONDS: Final = 0.1  # from one look for the flag file to the next
MAINTENANCE_WORDS: Final = 1_000  # of what is written in the flag file, in characters
CODE_SECONDS: Final = 60.0  # of an app's authorization code
CODE_TYPED_SECONDS: Final = 600.0  # of one that a person copies from a page
TOKEN_CHARS: Final = 512
TOKEN_IDLE_SECONDS: Final = 90 * 86_400.0  # after which an unused access token ends
TOKEN_ENDED_SECONDS: Final = 30 * 86_400.0  # for which its row is kept afterwards
TOKEN_USED_SECONDS: Final = 86_400.0  # how finely a token's last use is kept
UNUSED_APPS: Final = 10_000  # registrations that nobody ever used
APP_NAME_CHARS: Final = 100
REDIRECT_URIS: Final = 20  # of one app
CLIENT_DOCUMENT_BYTES: Final = 64 * KIB  # of the description of an app at its own address
CLIENT_DOCUMENT_SECONDS: Final = 86_400.0  # between two looks at it
PAGE_POSTS: Final = 24
EXPLORE_DAYS: Final = 14  # that the page of what is worth a look looks back
EXPLORE_CANDIDATES: Final = 400  # posts that it weighs
EXPLORE_ROW: Final = 12  # hashtags, and people
SITEMAP_URLS: Final = 2_000  # of a month, in the map for search engines; the standard allows 50,000
POLL_OPTIONS: Final = 20
POST_MENTIONS: Final = 10
POST_TAGS: Final = 30
REMOTE_IMAGES: Final = 20
REPORT_OBJECTS: Final = 100
REPORT_CHARS: Final = 5_000
APPEAL_CHARS: Final = 2_000
REASON_CHARS: Final = 2_000  # of what a moderator decides, and of a note between them
QUEUE_COPIES: Final = 50  # identical ones that are decided with one word
MEDIA_DELETED: Final = 200  # posts with pictures of one account that one word takes down
LOOK_AGAIN_SECONDS: Final = 3_600.0  # after which one more look of one moderator at one thing stands in the log
AUDIT_ROWS: Final = 10_000  # of the audit log, in one CSV file
NOTICE_CHARS: Final = 5_000  # of a legal notice
NOTICE_URLS: Final = 20  # that one legal notice names
INTIMATE_NOTICE_SECONDS: Final = 48 * 3600  # to decide about an intimate image (TAKE IT DOWN Act)
NOTICE_SECONDS: Final = 7 * 86_400  # to decide about another notice: our own promise
COPIES_COMPARED: Final = 200_000  # pictures of ours that are compared with one that was taken down
TRANSPARENCY_MONTHS: Final = 12
TRANSPARENCY_SECONDS: Final = 600.0  # for which the figures of the transparency page are kept
OPT_OUT_SECONDS: Final = 86_400  # for which the code of an opt-out can be checked
PINS: Final = 5
FEATURED_TAGS: Final = 10
PROFILE_FIELDS: Final = 4
ALIASES: Final = 20  # what GoToSocial reads of `alsoKnownAs`
MOVE_SECONDS: Final = 30 * 86_400
REMOTE_ALT_CHARS: Final = 10_000
ARTICLE_CHARS: Final = 2_000  # of an article of others that are shown here; the rest is a link away
EMOJI_CHARS: Final = 16
EMOJIS: Final = 30  # custom ones of one object
PARENTS: Final = 8  # that a remix may name

# Images.
IMAGE_BYTES: Final = 16 * MIB
IMAGE_PIXELS: Final = 40_000_000
IMAGE_SIDE_PIXELS: Final = 10_000

# Pictures that leave, and how one may be asked for: pixels, bytes, seconds, characters.
RENDITION_PIXELS: Final = 8_294_400  # Mastodon's largest (3840×2160): peers re-encode larger ones, provenance is lost
RENDITION_SIDE_PIXELS: Final = 5_000
THUMBNAIL_SIDE_PIXELS: Final = 640
RENDER_SECONDS: Final = 30.0
ICC_BYTES: Final = 4 * MIB
PICTURE_SIDE_MIN_PIXELS: Final = 64
PICTURE_SIDE_MAX_PIXELS: Final = 2_048
SEED_LIMIT: Final = 2**53  # seeds stay exact in JSON
STEPS_MAX: Final = 150
GUIDANCE_MAX: Final = 30.0
STYLE_CHARS: Final = 60
PROGRESS_CHARS: Final = 200
HANDLE_CHARS: Final = 200  # of what a backend calls an order
UPSCALE_LEAST: Final = 1.25  # times the sides of the picture that is made again, larger
UPSCALE_MOST: Final = 4.0
EVIDENCE_CHARS: Final = 300
ENCODED_PIECES: Final = 8  # of a text, decoded to see what they hide
JUDGED_TEXT_CHARS: Final = 10_000  # longer ones are not judged, which holds them: nothing may hide behind a limit
JUDGED_PART_CHARS: Final = 200  # judged at once, so that a harmless frame does not water down what it frames
JUDGE_ANSWER_BYTES: Final = 256 * KIB  # of a judging service
JUDGE_FAILURES: Final = 3  # in a row, until a judging service is left alone
JUDGE_REST_SECONDS: Final = 60.0
KNOWN_PICTURES: Final = 200_000  # hashes of one list: 6 MiB in memory
POLICY_BYTES: Final = 256 * KIB
POLICY_SETTLE_SECONDS: Final = 1.0  # for which a changed policy file must rest before it is read
BACKEND_ERROR_BYTES: Final = 64 * KIB
BACKEND_ENVELOPE_BYTES: Final = MIB  # around the pictures of an answer
BACKEND_QUEUE_BYTES: Final = 8 * MIB  # ComfyUI's queue holds every waiting workflow in full
WORKFLOW_BYTES: Final = MIB  # of a workflow file
WORKER_LINE_BYTES: Final = MIB  # of what a model's process says
PREVIEW_SIDE_PIXELS: Final = 384
PREVIEW_SECONDS: Final = 2.0  # between two previews that are kept
STOP_SECONDS: Final = 1.0  # between two looks whether a picture in the making is still wanted
FRACTION_TOLD: Final = 0.05  # from which on a fraction says how long the rest takes
EXPERIENCE_DAYS: Final = 7  # over which a picture's time is averaged
USAGE_DAYS: Final = 90
SCENE_THINGS: Final = 24  # of one picture; what is named beyond them is told as not drawn
SCENE_FIGURES: Final = 60  # all things with their counts
SCENE_LINE_BYTES: Final = MIB  # of what the drawing process says
SCENE_PICTURE_BYTES: Final = 40 * MIB
XMP_FIELD_CHARS: Final = 500
XMP_PROMPT_CHARS: Final = 4_000
VERIFY_PICTURES: Final = 100_000  # the newest, compared by their looks
MANIFEST_BYTES: Final = 1 * MIB  # of what a C2PA manifest says
MANIFEST_PARENTS: Final = 8
XMP_BYTES: Final = 64_000  # a JPEG APP1 segment holds 65 533 bytes with its own header

# Child processes for untrusted bytes and for models: bytes, pieces, characters.
DECODE_MEMORY_BYTES: Final = 1024 * MIB  # address space: the interpreter and three rasters of 40 megapixels
MODELS_MEMORY_BYTES: Final = 2048 * MIB  # onnxruntime with the nudity model loaded takes 0.3 GiB of it
SANDBOX_FRAME_BYTES: Final = 128 * MIB  # the longest message in either direction
SANDBOX_OPEN_FILES: Final = 128
SANDBOX_ERROR_CHARS: Final = 2_000

# Requests that we make: seconds, bytes, pieces (D10, D11).
FETCH_CONNECT_SECONDS: Final = 5.0
FETCH_IDLE_SECONDS: Final = 10.0
FETCH_DOCUMENT_SECONDS: Final = 10.0
FETCH_MEDIA_SECONDS: Final = 30.0
FETCH_BODY_BYTES: Final = 1 * MIB
FETCH_REDIRECTS: Final = 3
FETCH_PER_ACTIVITY: Final = 10
FETCH_ACTIVITY_SECONDS: Final = 20.0
FORWARD_FETCHES: Final = 4  # to believe one forwarded activity, while its carrier waits
FORWARD_SECONDS: Final = 8.0
FETCH_CONNECTIONS: Final = 100
FETCH_KEEPALIVE: Final = 20
FETCH_KEEPALIVE_SECONDS: Final = 3.0  # less than the 5 s after which many servers close
FETCH_PER_HOST: Final = 4
FETCH_HOSTS_REMEMBERED: Final = 10_000
ADDRESSES_REMEMBERED: Final = 10_000
RESOLVER_THREADS: Final = 32
RESOLVER_KNOWN_THREADS: Final = 16
RESOLVER_SECONDS: Final = 3.0
RESOLVER_REMEMBER_SECONDS: Final = 60.0
RESOLVER_ANSWERS: Final = 16
KEY_FETCHES_PER_HOST_PER_MINUTE: Final = 5

# What is remembered of others: pieces and seconds.
PARSED_KEYS: Final = 2_000
KNOWN_KEYS: Final = 20_000
CHECKS_PER_PROCESSOR: Final = 16  # requests whose signature is checked at once, and those that wait for it
CHECKS_WAITING_PER_PROCESSOR: Final = 64
CHECKS_WAIT_SECONDS: Final = 10.0
KEY_FETCHES_AT_ONCE: Final = 8  # and so many wait; less than the checks, so that known keys pass beside them
PASSWORDS_AT_ONCE: Final = 2  # hashes, of 32 MiB each
PASSWORDS_WAITING: Final = 32
CLOCK_SUSPECT_SERVERS: Final = 5  # refused for their time within CLOCK_SUSPECT_SECONDS: our clock may be wrong
CLOCK_SUSPECT_SECONDS: Final = 3_600.0
SKEWED_SERVERS: Final = 100  # remembered for that
KNOWN_PROOF_ACTORS: Final = 2_000  # whose keys for proofs are remembered
KNOWN_KEY_SECONDS: Final = 86_400.0
KEY_COOLDOWN_SECONDS: Final = 300.0
KEY_FETCHES: Final = 4  # requests to verify one signature
KEY_SECONDS: Final = 5.0
PEM_CHARS: Final = 10_000
FAILED_ACTORS: Final = 10_000
FAILED_ACTOR_SECONDS: Final = 300.0
RULED_ACTORS: Final = 500  # looked at in one transaction when rules changed
DOMAIN_RULES_SECONDS: Final = 2.0
STANDSTILL_SECONDS: Final = 1.0  # how old the stop switch may be where a request asks
STANDSTILL_RETRY_SECONDS: Final = 600.0  # said to those who knock meanwhile
OWN_KEY_SECONDS: Final = 2.0  # until a replaced key of ours is signed with
ROTATION_SECONDS: Final = 7 * 86_400.0  # a replaced key of ours signs the Update that says so, as long as it is tried
REPLACED_KEYS: Final = 6  # of an actor of ours, still published: those of three changes
SERVED_DOCUMENTS: Final = 2_000
SERVED_DOCUMENT_SECONDS: Final = 2.0
TOMBSTONE_SECONDS: Final = 6 * 3600.0
LATE_CREATE_SECONDS: Final = 86_400.0  # how long an Update of a Note that never came stands for its Create

THREAD_UP: Final = 20  # ancestors fetched for one reply
THREAD_DOWN: Final = 20  # replies fetched for one look
THREAD_LOOKS: Final = 5  # others' posts of one page whose replies are asked for
COLLECTION_PAGES: Final = 2
THREAD_ITEMS: Final = 200  # posts of a conversation collection
QUOTE_RECHECK_SECONDS: Final = 86_400.0  # between two readings of a consent to a quote
QUOTE_RECHECKS: Final = 100  # in one run of the clockwork
SYNCHRONIZE_SECONDS: Final = 3600.0  # between two comparisons of followers with one sender

# Copies of others' pictures: pixels, seconds, pieces. How long and how much in all is configured (media.remote_…).
REMOTE_PICTURE_SIDE_PIXELS: Final = 1_600
REMOTE_HEADER_SIDE_PIXELS: Final = 1_500
REMOTE_AVATAR_SIDE_PIXELS: Final = 400
REMOTE_AVATAR_SMALL_PIXELS: Final = 96
REMOTE_COPY_SECONDS: Final = 20.0
REMOTE_COPY_FETCHES: Final = 4  # with redirects
REMOTE_COPY_RETRY_SECONDS: Final = 600.0  # after a failure
REMOTE_JUDGED_AT_ONCE: Final = 1  # our own people's pictures are judged beside them
REMOTE_VERDICTS: Final = 2_000  # remembered, by digest
REMOTE_COPIES_AT_ONCE: Final = 4
REMOTE_COPIES_WAITING: Final = 64
REMOTE_COPY_USED_SECONDS: Final = 3600.0  # how finely the last use is kept
REMOTE_COPY_ORPHAN_SECONDS: Final = 3600.0  # until a file without a row is swept away

# Others' actors: seconds and days between looks at them, and how many in one run of the clockwork.
ACTOR_STALE_SECONDS: Final = 86_400.0  # on use
ACTOR_REFRESH_SECONDS: Final = 7 * 86_400.0  # of those we deal with, in the background
ACTOR_RETIRE_DAYS: Final = 30  # missing for so long
ACTOR_REFRESHES: Final = 50
RETIRED_ACTORS: Final = 20
RETIRED_POSTS: Final = 200

# How long rows that only tell what happened are kept, in days, and how many one run of the clockwork drops.
RECEIVED_DAYS: Final = 30
DELIVERY_DAYS: Final = 30
ACTIVITY_DAYS: Final = 30
REMOTE_POST_DAYS: Final = 90  # copies of others' posts that nobody here had anything to do with
FORGOTTEN_POSTS: Final = 500  # of them in one run: each takes pictures' and reactions' rows along
TIDIED_ROWS: Final = 5_000

# Room on the disk: bytes and seconds.
DISK_SHORT_BYTES: Final = 1024 * MIB  # free on the disk: below, the owner's overview asks to make room
DISK_SHORT_DAYS: Final = 14  # that the free room lasts at today's pace: below, likewise
DISK_RESERVE_BYTES: Final = 200_000_000  # left for the database; media.reserve_bytes changes it
DISK_WATCH_SECONDS: Final = 10.0  # between two looks whether it is short
DISK_LOOK_SECONDS: Final = 600.0  # how old the sizes by kind may be
DISK_LOOK_FILES: Final = 200_000  # measured in one look; of a larger folder it is known that it holds at least so much
DISK_FORECAST_DAYS: Final = 14  # over which growth is averaged
DISK_SAMPLE_DAYS: Final = 90  # for which a day's sizes are kept
ORPHAN_SECONDS: Final = 86_400.0  # until a file without a row is swept away
ORPHAN_FILES: Final = 20_000  # looked at in one run of the clockwork
DELETED_FILE_DAYS: Final = 30  # until the files of a deleted post go
RUN_DAYS: Final = 7  # for which it is known what housekeeping dropped
WAL_BYTES: Final = 64 * MIB  # of SQLite's log, from which on it is cut even if somebody has to wait for a moment
VACUUM_PAGES: Final = 2_000  # of an SQLite file, given back to the disk in one run of the clockwork
NO_ROOM_RETRY_SECONDS: Final = 60  # said to those who knock while nothing can be stored
NO_ROOM_WAIT_SECONDS: Final = 4.0  # of a job that found the disk full, until it looks again

# What somebody carries in and out: bytes, rows, seconds.
IMPORT_BYTES: Final = 2 * MIB
IMPORT_ROWS: Final = 10_000
IMPORT_CELL_CHARS: Final = 2_048
IMPORT_CHUNK: Final = 10  # rows of one turn; the queue is others' too
IMPORTS_KEPT: Final = 10  # of one account, with what became of their rows
ARCHIVE_BYTES: Final = 4 * 1024 * MIB  # of pictures in one archive; what is beyond is listed in it
ARCHIVE_ROWS: Final = 500  # read at once while one is made
ARCHIVE_EVERY_SECONDS: Final = 86_400.0
ARCHIVE_SECONDS: Final = 7 * 86_400.0  # until its file is deleted
ERASE_GRACE_SECONDS: Final = 12 * 3600.0  # until an account that its owner ends is erased
ERASED_ROWS: Final = 200  # posts and files of one turn
REL_ME_BYTES: Final = 1 * MIB  # of a page that may link back to a profile
REL_ME_SECONDS: Final = 10.0

# Lists of domain rules: characters, lines, and how many follows a line may cut without being confirmed.
BLOCKLIST_CHARS: Final = 2 * MIB
BLOCKLIST_LINES: Final = 20_000
PROTECTED_FOLLOWS: Final = 5

# Retries of deliveries and pictures: seconds, tries.
HEARD_SECONDS: Final = 600.0  # between two wake-ups of the lane of a host that something came from
PROFILE_PAUSE_SECONDS: Final = 30.0  # in which several changes of a profile are told together
LANE_JOIN_SECONDS: Final = 2.0  # a row that joins a lane only to keep its order waits for the rows before it
BACKOFF_SECONDS: Final = (60.0, 300.0, 900.0, 3600.0, 3 * 3600.0, 6 * 3600.0)
REPEAT_SECONDS: Final = 12 * 3600.0
GIVE_UP_SECONDS: Final = 7 * 86_400.0
MISSING_GIVE_UP_SECONDS: Final = 86_400.0
RETRY_AFTER_SECONDS: Final = 86_400.0  # of what another server asks for, at most
DELIVERY_REFUSALS: Final = 3
JITTER: Final = 0.3  # of a pause, up or down
PICTURE_TRIES: Final = 3  # of an absent backend; as many as the engine gives a job

# Prompts like some that were refused (GEN-09): pieces, seconds, a share.
PROBING_FREE: Final = 3  # refusals within a day before anybody waits
PROBING_SECONDS: Final = 60.0  # after these; doubled by each further one
PROBING_MOST_SECONDS: Final = 3600.0
PROBING_DAY_SECONDS: Final = 86_400.0  # how long a refusal is remembered
PROBING_LIKENESS: Final = 0.5  # of the pieces of two prompts: from here on they are alike
PROBING_TOLD: Final = 6  # so many, and each time so many more, are reported to the moderators
PROBING_ROWS: Final = 50  # refusals of a person that are looked at

# Pictures that look alike (MED-18): pieces, seconds.
NEAR_COPIES: Final = 5  # brought by one person
NEAR_COPIES_SECONDS: Final = 3600.0  # within this time
NEAR_COPIES_ROWS: Final = 200  # of their pictures that are compared

# Work: pieces, seconds, characters.
DELIVERY_CONCURRENCY: Final = 25
DELIVERY_SECONDS: Final = 15.0
ERROR_CHARS: Final = 500
LOGGED_CHARS: Final = 300  # of what a stranger names in a refused request
PROGRESS_SECONDS: Final = 0.4
DOCTOR_SECONDS: Final = 60.0  # for which what the doctor sends to its own server is believed there
DOCTOR_PAUSE_SECONDS: Final = 0.4  # between two events, to see whether a proxy holds the first one back
DOCTOR_LOOK_SECONDS: Final = 2.5  # for one question to the own public address
DOCTOR_PEERS: Final = 3  # whose clocks are compared with ours
HEARTBEAT_SECONDS: Final = 20.0  # between two signs of life of a process that runs queues
HEARTBEAT_LATE_SECONDS: Final = 90.0  # after which it is thought dead
HEARTBEAT_KEPT_SECONDS: Final = 86_400.0
READY_SECONDS: Final = 3.0  # in which the database has to take a write
SCRAPE_SECONDS: Final = 5.0  # for which what metrics read from the database is kept
METRIC_LABELS: Final = 64  # values of one label that nobody listed; all further ones are `other`
ABANDONED_SECONDS: Final = 3600.0  # until work without a job is given one again
SWEEP_JOBS: Final = 2_000
SWEEP_ROWS: Final = 500
WAITING_SECONDS: Final = 6 * 3600.0  # until a post that nobody finishes counts as failed
COLLECTION_ITEMS: Final = 20
COLLECTION_LOOKS: Final = 5  # pages of replies read for one that shows any
GROUP_COMMIT_ITEMS: Final = 256
GROUP_COMMIT_GATHER_SECONDS: Final = 0.005  # that a group waits for more, when the one before had several
GROUP_COMMIT_WAITING: Final = 4_096
DELIVERY_CHUNK_INBOXES: Final = 50
JOB_IDS: Final = 512
RATE_KEYS: Final = 100_000

# Apps of the Mastodon API: fields, files, pieces, depth, seconds.
API_FIELDS: Final = 200
UPLOAD_ENVELOPE_BYTES: Final = 64 * KIB  # around the pictures of a form: names, descriptions, boundaries
LANGUAGE_CHARS: Final = 35  # of a language tag (RFC 5646, 4.4.1)
API_FILES: Final = 4
API_LIST_ITEMS: Final = 100
API_DEPTH: Final = 4  # of nested names in a form
API_ANCESTORS: Final = 100
API_DESCENDANTS: Final = 400
API_PEERS: Final = 10_000
SEARCH_CHARS: Final = 500
SEARCH_WORDS: Final = 8
SEARCH_POSTS: Final = 20_000
SEARCH_OFFSET: Final = 1_000
API_UNREAD: Final = 1_000
ASIDE_THREADS: Final = 100  # of direct posts that appear when somebody is let in, the newest
API_BATCH_IDS: Final = 20
# What one person may keep to arrange their reading.
LISTS: Final = 50
LIST_MEMBERS: Final = 500
FILTERS: Final = 100
FILTER_KEYWORDS: Final = 100
FILTER_POSTS: Final = 200
TAG_FOLLOWS: Final = 100
TAG_HISTORY_POSTS: Final = 2_000
SILENCED_HOSTS: Final = 500
NOTE_CHARS: Final = 2_000
MUTE_SECONDS: Final = 10 * 365 * 86_400
IDEMPOTENCY_SECONDS: Final = 3600.0
GATE_WAIT_SECONDS: Final = 2.0  # of an app that posted, for the gate's word
GATE_LOOK_SECONDS: Final = 0.1
SCHEDULE_LEAST_SECONDS: Final = 300.0  # as at Mastodon
COUNTS_SECONDS: Final = 60.0  # how old the counters of others' accounts may be
COUNTS_ACTORS: Final = 10_000
ENDORSEMENTS: Final = 20  # accounts that somebody shows on their profile
OWN_COLLECTIONS: Final = 100  # that somebody's clients made
OWN_ITEMS: Final = 1_000  # in one of them
COLLECTION_CHARS: Final = 1_000  # beneath its name
COLLECTION_TELL_SECONDS: Final = 60.0  # until followers hear of its new order
COUNTED_POSTS: Final = 1_000  # of an account of another server

# Clients of the ActivityPub API: characters, requests, seconds, streams.
IDEMPOTENCY_KEY_CHARS: Final = 255
PROXY_FETCHES: Final = 4  # with redirects, for one document
STREAMS_PER_ACCOUNT: Final = 8
STREAMS_PER_SOCKET: Final = 20
STREAM_FRESH_SECONDS: Final = 3600.0  # what was published longer ago is no news
STREAM_TIES_SECONDS: Final = 30.0  # how old a listener's knowledge of follows, blocks and mutes may be
STREAM_MESSAGE_BYTES: Final = 4_096
STREAM_SECONDS: Final = 3600.0
STREAM_LOOK_SECONDS: Final = 2.0  # between two looks at a picture that another process may be making
STREAM_CHECK_SECONDS: Final = 5.0  # between two looks at whether a listener still may
STREAM_HEARTBEAT_SECONDS: Final = 15.0
STREAM_RETRY_SECONDS: Final = 5.0
STREAM_OVERLAP_SECONDS: Final = 60.0  # how long after its arrival something may be handled and still be told

# Listeners to what happens (streams): events waiting for one, channels of one, listeners in all.
EVENT_QUEUE: Final = 200
EVENT_CHANNELS: Final = 40
EVENT_SUBSCRIBERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any moment's burst, refilled evenly over `seconds`."""

    count: int
    seconds: float


INBOX_PER_HOST: Final = Rate(1_200, 120.0)  # 600 a minute, bursts of twice that
INBOX_PER_ACTOR: Final = Rate(240, 120.0)  # 120 a minute, bursts of twice that
FORWARDS_PER_HOST: Final = Rate(120, 120.0)
CARRIED_PER_HOST: Final = Rate(60, 3600.0)  # replies of one server's people, carried on to followers of ours
FLAGS_PER_HOST: Final = Rate(60, 3600.0)
REPORTS_PER_ACCOUNT: Final = Rate(10, 3600.0)
FLAGS_TO_HOST: Final = Rate(30, 3600.0)  # of ours, to one server
READS_PER_ADDRESS: Final = Rate(300, 300.0)  # GET of pages and documents; an IPv6 /48 may four times as much
FILES_PER_ADDRESS: Final = Rate(1_000, 300.0)
LOOKS_PER_THREAD: Final = Rate(1, 900.0)
LOGIN_PER_ADDRESS: Final = Rate(10, 900.0)
LOGIN_PER_ACCOUNT: Final = Rate(10, 900.0)
CODES_PER_ACCOUNT: Final = Rate(5, 900.0)  # tries of a second factor, by people who know the password
IMPORTS_PER_ACCOUNT: Final = Rate(12, 86_400.0)
POSTS_PER_ACCOUNT: Final = Rate(30, 3600.0)
ACTS_PER_ACCOUNT: Final = Rate(300, 300.0)  # likes, boosts, follows … on pages
APPEALS_PER_ACCOUNT: Final = Rate(20, 86_400.0)
NOTICES_PER_ADDRESS: Final = Rate(10, 86_400.0)
OPT_OUTS_PER_ADDRESS: Final = Rate(10, 3600.0)
GENERATIONS_PER_ACCOUNT: Final = Rate(1_000, 86_400.0)  # whatever the role; a day has its bound in quotas
APP_REGISTRATIONS: Final = Rate(30, 3600.0)
TOKEN_REQUESTS: Final = Rate(300, 300.0)
CLIENT_DOCUMENTS_PER_ACCOUNT: Final = Rate(20, 3600.0)
OUTBOX_PER_ACCOUNT: Final = Rate(300, 300.0)
PROXY_PER_ACCOUNT: Final = Rate(300, 300.0)
API_REQUESTS: Final = Rate(300, 300.0)
API_UPLOADS: Final = Rate(30, 1800.0)
API_DELETES: Final = Rate(30, 1800.0)
RESOLVES_PER_ACCOUNT: Final = Rate(30, 300.0)
STREAM_MESSAGES: Final = Rate(120, 60.0)
VERIFY_PER_ADDRESS: Final = Rate(20, 600.0)
SIGN_UPS_PER_ADDRESS: Final = Rate(3, 86_400.0)
SIGN_UP_TRIES: Final = Rate(25, 300.0)
RESET_MAILS: Final = Rate(3, 3600.0)  # for one name, and from one address
CONFIRM_MAILS: Final = Rate(3, 3600.0)  # of one account
INTENTS_PER_ADDRESS: Final = Rate(20, 600.0)  # asking the servers of visitors where they want to be taken

# Backups, and what is kept beside them for the day when one is brought back.
BACKUP_MANIFEST_BYTES: Final = 1 * MIB
BACKUP_SPARE_BYTES: Final = 200 * MIB  # of room that making one leaves to the server
AFTERWARDS_ROWS: Final = 1_000  # written in one go
AFTERWARDS_BYTES: Final = 64 * MIB  # of the list; then the older half goes
AFTERWARDS_OVERLAP_SECONDS: Final = 60.0  # looked at again, because a transaction may be longer than another
RESTORED_CHUNK: Final = 200  # rows changed in one transaction while a backup is settled
RECONCILED_FOLLOWS: Final = 20  # asked for again in a minute
RECONCILE_DAYS: Final = 30  # in which peers that compare followers may know better than a restored server
RECONCILED_TRIES: Final = 200  # at finding somebody who is to be followed again, a minute apart


class RateLimiter:
    """Counts per key with one number each (generic cell rate algorithm); forgets the least used beyond `keys`."""

    def __init__(self, clock: Clock, keys: int = RATE_KEYS) -> None:
        self._clock = clock
        self._keys = keys
        self._free_at: OrderedDict[str, float] = OrderedDict()

    def check(self, key: str, rate: Rate, cost: int = 1) -> None:
        """Count `cost` against `key`. Raises TooMany with the seconds to wait when the rate is used up."""
        wait = self.wait(key, rate, cost)
        if wait > 0:
            raise TooMany("Too many requests; please wait a little.", f"rate of {key}", retry_after=int(wait) + 1)

    def wait(self, key: str, rate: Rate, cost: int = 1) -> float:
        """Count `cost` and give 0.0, or count nothing and give the seconds until there is room."""
        now = self._clock.monotonic()
        each = rate.seconds / rate.count
        free_at = max(self._free_at.get(key, now), now)
        after = free_at + each * cost
        over = after - now - rate.seconds
        if over > 1e-9:
            return over
        self._free_at[key] = after
        self._free_at.move_to_end(key)
        while len(self._free_at) > self._keys:
            self._free_at.popitem(last=False)
        return 0.0

    def left(self, key: str, rate: Rate) -> tuple[int, float]:
        """How many more there is room for now, and the seconds until the whole rate is free again."""
        full_in = max(self._free_at.get(key, 0.0) - self._clock.monotonic(), 0.0)
        return int((rate.seconds - full_in) / rate.seconds * rate.count + 1e-9), full_in

    def forget(self, key: str) -> None:
        """Start a key anew, such as an account's after it signed in."""
        self._free_at.pop(key, None)
