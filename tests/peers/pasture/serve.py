"""fediverse-pasture's verify_actor on a port of loopback; runs in an environment of its own, not in ours.

Usage: serve.py PORT, in a folder where it may write. POST / with actor_uri gives the table of results.
"""

import sys

import uvicorn
from fediverse_pasture.verify_actor import build_app

if __name__ == "__main__":
    port = int(sys.argv[1])
    uvicorn.run(build_app(False, f"127.0.0.1:{port}", False, 10), host="127.0.0.1", port=port)
