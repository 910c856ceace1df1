"""Mastodon.py at a rate's end: `python mastodon_py_rate.py URL TOKEN COUNT`; gives up when told so, waits when not."""

import json
import sys
import time

from mastodon import Mastodon, MastodonRatelimitError

url, token, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def client(method):
    return Mastodon(access_token=token, api_base_url=url, version_check_mode="none", ratelimit_method=method)


impatient = client("throw")
answered = 0
try:
    for _ in range(3 * count):
        impatient.preferences()
        answered += 1
except MastodonRatelimitError:
    pass
else:
    raise SystemExit("no limit was met")
assert impatient.ratelimit_remaining == 0, impatient.ratelimit_remaining
assert impatient.ratelimit_limit == count, impatient.ratelimit_limit

patient = client("wait")
began = time.time()
for _ in range(count):
    assert patient.account_verify_credentials().acct
waited = time.time() - began
print(json.dumps({"done": True, "answered": answered, "waited": waited}), flush=True)
