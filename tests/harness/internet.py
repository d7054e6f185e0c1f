"""A small internet for one pool: a network namespace of its own, with a name server and an https server.

Run by the program of Internet.prefix, inside the namespace: internet.py FOLDER ADDRESS PID. The names' answers are
in FOLDER/names.json, {"name": ["first answer", "next", ...]}: the last one stays. What the https server is sent stands
in FOLDER/requests.log, a line each. It ends when the process PID has ended.

SPDX-License-Identifier: MIT
"""

import fcntl
import http.server
import json
import os
import socket
import ssl
import stat
import struct
import sys
import threading
import time

HERE = os.path.abspath(__file__)


class Internet:
    """Of the test's side. address: one of the public internet, which the machine in the namespace has."""

    address = "93.184.215.14"

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "resolv.conf"), "w", encoding="ascii") as file:
            file.write("nameserver 127.0.0.1\noptions attempts:3 timeout:1\n")
        self.prefix = os.path.join(folder, "prefix")
        with open(self.prefix, "w", encoding="ascii") as file:
            file.write(f"""#!/bin/sh
exec unshare --mount --net sh -c '
mount --bind {folder}/resolv.conf /etc/resolv.conf || exit 1
(/usr/bin/python3 {HERE} {folder} {self.address} $$ >{folder}/servers.log 2>&1 &)
tries=0
until [ -e {folder}/ready-$$ ] || [ $((tries += 1)) -gt 300 ]; do sleep 0.1; done
exec "$@"' sh "$@"
""")
        os.chmod(self.prefix, os.stat(self.prefix).st_mode | stat.S_IXUSR)

    def names(self, **answers):
        """Of NAME.shop.example."""
        path = os.path.join(self.folder, "names.json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({f"{name}.shop.example": list(found) for name, found in answers.items()}, file)
        os.replace(path + ".new", path)

    def lines(self, name):
        """Of names.log, the answers that were given, or of requests.log."""
        return self.lines_of(self.folder, name)

    @staticmethod
    def lines_of(folder, name):
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []


def bring_up(address):
    """The loopback interface, and the address on it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        up = struct.pack("16sH14x", b"lo", 0x1 | 0x40)
        fcntl.ioctl(control, 0x8914, up)  # SIOCSIFFLAGS
        alias = struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(control, 0x8916, alias)  # SIOCSIFADDR


def write_line(path, value):
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(value) + "\n")


def answer_names(server, folder):
    """DNS (RFC 1035), one question a packet; A records that nobody may keep."""
    while True:
        question, asker = server.recvfrom(512)
        labels, place = [], 12
        while question[place]:
            labels.append(question[place + 1:place + 1 + question[place]].decode())
            place += 1 + question[place]
        kind, = struct.unpack_from("!H", question, place + 1)
        name = ".".join(labels)
        with open(os.path.join(folder, "names.json"), encoding="utf-8") as file:
            answers = json.load(file).get(name, [])
        found = b""
        if kind == 1 and answers:
            given = sum(line[0] == name for line in Internet.lines_of(folder, "names.log"))
            answer = answers[min(given, len(answers) - 1)]
            write_line(os.path.join(folder, "names.log"), [name, answer])
            found = struct.pack("!HHHIH4s", 0xc00c, 1, 1, 0, 4, socket.inet_aton(answer))
        head = question[:2] + struct.pack("!HHHHH", 0x8180, 1, 1 if found else 0, 0, 0)
        server.sendto(head + question[12:place + 5] + found, asker)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        write_line(os.path.join(self.server.folder, "requests.log"),
                   [self.connection.getsockname()[0], self.path, self.headers["webhook-id"]])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()  # and the connection ends, as in HTTP/1.0


def main():
    folder, address, pid = sys.argv[1:]
    bring_up(address)
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 443), Handler)
    server.folder = folder
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "names.pem"), os.path.join(folder, "names.key"))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 53))
    for work in (server.serve_forever, lambda: answer_names(names, folder)):
        threading.Thread(target=work, daemon=True).start()
    write_line(os.path.join(folder, f"ready-{pid}"), True)
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(0.2)


if __name__ == "__main__":
    main()
