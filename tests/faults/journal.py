"""The journal: what clients sent and what they were told, one JSON object a line, one file a client.

A line is on disk before the client goes on. The checker reads nothing else of the clients.

  {"event": "send", "operation": ID, "try": N, "kind": "payment"|"refund"|"read", "key": KEY|null, "body": {...}}
  {"event": "answer", "operation": ID, "try": N, "status": 201, "body": "...", "location": "..."|null,
   "replayed": true|false, "seconds": 0.01}
  {"event": "lost", "operation": ID, "try": N, "error": "...", "seconds": 0.01}

SPDX-License-Identifier: MIT
"""

import json
import os
import threading


class Journal:
    def __init__(self, folder, name):
        self.file = os.open(os.path.join(folder, f"{name}.jsonl"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.lock = threading.Lock()

    def write(self, event, **members):
        line = json.dumps({"event": event, **members}) + "\n"
        with self.lock:
            os.write(self.file, line.encode())

    def close(self):
        os.close(self.file)
