# SPDX-License-Identifier: MIT
"""A private, real stack for the tests: MariaDB, the worker pool and a web server.

Each server is a class with start, stop, kill, restart, pid and log (server.py); stack.py puts them
together. Everything listens on a Unix socket or on 127.0.0.1, lives in a temporary folder, and is
ended by its process id.
"""
