# SPDX-License-Identifier: MIT
"""Identifiers of the API: a prefix and a UUIDv7 value in Crockford's base 32."""

import uuid

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

# What 128 bits look like: 26 digits, the first of which holds three bits.
DIGITS = f"[0-7][{_ALPHABET}]{{25}}"


def to_uuid(identifier):
    """The value of an identifier, as the database has it."""
    value = 0
    for digit in identifier.rpartition("_")[2]:
        value = value << 5 | _ALPHABET.index(digit)
    return uuid.UUID(int=value)


def from_uuid(prefix, value):
    """The identifier of a value."""
    digits = (_ALPHABET[value.int >> shift & 31] for shift in range(125, -1, -5))
    return f"{prefix}_{''.join(digits)}"


def milliseconds(identifier):
    """When an identifier was made, in Unix milliseconds (RFC 9562 section 5.7)."""
    return to_uuid(identifier).int >> 80


def hexadecimal(identifier):
    """The value as an SQL literal."""
    return f"0x{to_uuid(identifier).hex}"
