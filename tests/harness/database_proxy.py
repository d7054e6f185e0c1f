"""A proxy between the workers and a real MariaDB: it breaks a statement at a chosen moment.

It relays the client/server protocol, knows which statement is executed, and on a match drops the
connection, delays the answer, or puts an error in the answer's place. What the server does is real.

SPDX-License-Identifier: MIT
"""

import os
import socket
import struct
import threading
import time

COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE, COM_STMT_BULK_EXECUTE = 0x03, 0x16, 0x17, 0xFA


class Fault:
    """What happens to the next executions of a statement whose SQL contains a text."""

    def __init__(self, text, times=1, *, forward=True, error=None, delay=0, late=False):
        """late: the statement reaches the server after the delay, and its answer is passed on: no fault but that."""
        self.late = late
        self.text = text
        self.times = times
        self.forward = forward  # the server gets the statement
        self.error = error  # (number, SQLSTATE, message) instead of the server's answer; None: drop it
        self.delay = delay  # seconds before that
        self.hits = 0


def _receive(connection, size):
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def _packet(connection):
    """One packet of the protocol, with its header."""
    header = _receive(connection, 4)
    return header + _receive(connection, header[0] | header[1] << 8 | header[2] << 16)


def _error_packet(number, state, message):
    body = b"\xff" + struct.pack("<H", number) + b"#" + state.encode() + message.encode()
    return struct.pack("<I", len(body))[:3] + b"\x01" + body


class _Relay:
    """One client's connection."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = socket.socket(socket.AF_UNIX)
        self.server.connect(proxy.server_path)
        self.statements = {}
        self.preparing = None
        self.lock = threading.Lock()

    def run(self):
        threading.Thread(target=self._guard, args=(self._answers,), daemon=True).start()
        self._guard(self._commands)

    def _guard(self, work):
        try:
            work()
        except (EOFError, OSError):
            pass
        finally:
            self.close()

    def close(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _commands(self):
        while True:
            packet = _packet(self.client)
            if packet[3] == 0 and packet[4] == COM_STMT_PREPARE:
                packet = self.proxy.rewrite(packet)
                self.preparing = packet[5:]
            fault = self._fault(packet)
            if fault is None or fault.late:
                if fault is not None:
                    time.sleep(fault.delay)
                self.server.sendall(packet)
            elif self._strike(fault, packet):
                return

    def _fault(self, packet):
        if packet[3] != 0 or packet[4] not in (COM_QUERY, COM_STMT_EXECUTE, COM_STMT_BULK_EXECUTE):
            return None
        if packet[4] == COM_QUERY:
            text = packet[5:].decode()
        else:
            text = self.statements.get(struct.unpack("<I", packet[5:9])[0], b"").decode()
        self.proxy.executed.append(text)
        return self.proxy.take(text)

    def _strike(self, fault, packet):
        """Carries out a fault; True when the connection is lost by it."""
        if fault.forward:
            with self.lock:  # the answer is this thread's
                self.server.sendall(packet)
                _packet(self.server)
                # The rest of a result follows; nobody gets to see it.
                self.server.settimeout(0.1)
                try:
                    while self.server.recv(65536):
                        pass
                except TimeoutError:
                    pass
                self.server.settimeout(None)
        time.sleep(fault.delay)
        if fault.error is None:
            return True
        self.client.sendall(_error_packet(*fault.error))
        return False

    def _answers(self):
        while True:
            readable = self._wait()
            if not readable:
                continue
            with self.lock:
                self.server.setblocking(False)
                try:
                    data = self.server.recv(65536)
                except BlockingIOError:
                    continue  # a strike has read it
                finally:
                    self.server.setblocking(True)
                if not data:
                    raise EOFError
                if self.preparing is not None and data[4] == 0:
                    self.statements[struct.unpack("<I", data[5:9])[0]] = self.preparing
                self.preparing = None
                self.client.sendall(data)

    def _wait(self):
        import select

        return select.select([self.server], [], [], 0.5)[0]


class DatabaseProxy:
    """Listens on a unix socket of its own and relays to the server's."""

    rewrites = ()  # pairs (text, text in its place) for the statements that are prepared

    def __init__(self, folder, server_path):
        self.path = os.path.join(folder, "proxy.sock")
        self.server_path = server_path
        self.faults = []
        self.executed = []  # the text of each statement that was sent, with or without a fault
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                relay = _Relay(self, client)
            except OSError:
                client.close()
                continue
            threading.Thread(target=relay.run, daemon=True).start()

    def rewrite(self, packet):
        """A statement to prepare, with the texts of rewrites exchanged in it."""
        sql = packet[5:].decode()
        for old, new in self.rewrites:
            sql = sql.replace(old, new)
        body = packet[4:5] + sql.encode()
        return struct.pack("<I", len(body))[:3] + packet[3:4] + body

    def plan(self, *faults):
        with self.lock:
            self.faults = list(faults)
        return faults[0] if len(faults) == 1 else faults

    def take(self, text):
        """The fault that the execution of this statement meets, if any."""
        with self.lock:
            for fault in self.faults:
                if fault.text in text and fault.hits < fault.times:
                    fault.hits += 1
                    return fault
        return None

    def close(self):
        self.listener.close()
