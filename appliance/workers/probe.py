"""Try to get out, for the self-test: a probe a request, with sockets made outside. Holds no key and reads no data."""

import json
import os
import socket
import sys

from appliance.jobs.probes import PROBES, Aim, HandedSockets, try_probe
from appliance.jobs.sandbox import protect_memory

_MAX_REQUEST_BYTES = 64 * 1024


def main() -> None:
    """Answer requests until the channel closes."""
    protect_memory()
    with socket.socket(fileno=int(sys.argv[sys.argv.index("--channel") + 1])) as channel:
        while True:
            request, numbers, _flags, _address = socket.recv_fds(channel, _MAX_REQUEST_BYTES, HandedSockets.COUNT)
            if not request:
                return
            sockets = HandedSockets(*(socket.socket(fileno=number) for number in numbers))
            asked = json.loads(request)
            if asked["probe"] not in PROBES:
                os._exit(1)
            refused = try_probe(asked["probe"], Aim(**asked["aim"]), sockets)
            sockets.close()
            channel.sendall(json.dumps({"probe": asked["probe"], "refused": refused}).encode())


if __name__ == "__main__":
    main()
