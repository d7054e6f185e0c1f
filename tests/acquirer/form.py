"""Form-encoded requests, read as strictly as they can be, and checked against a table of parameters.

It is stricter than Stripe where a client has no reason to be sloppy: a parameter given twice, a wrong
escape and text that is no UTF-8 are refused.

SPDX-License-Identifier: MIT
"""

import re

_NAME = re.compile(r"([a-z_0-9]+)((?:\[[^\[\]]*\])*)")
_ESCAPED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
AMOUNT_MAX = 99999999  # eight digits
METADATA_PAIRS, METADATA_NAME, METADATA_VALUE = 50, 40, 500


class Refused(Exception):
    """The request is answered with an error of Stripe's shape.

    kept: the operation had begun, so the answer stays under the idempotency key; what fails before that
    is not kept.
    """

    def __init__(self, status, message, *, kind="invalid_request_error", kept=False, **members):
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.error = {"message": message, "type": kind, **members}
        if "code" in members:
            self.error["doc_url"] = "https://stripe.com/docs/error-codes/" + members["code"].replace("_", "-")


def invalid(message, param=None, **members):
    return Refused(400, message, **({"param": param} if param else {}), **members)


def _decode(text):
    if _ESCAPED.fullmatch(text) is None:
        raise invalid("Invalid percent-encoding in the request.")
    data = re.sub(rb"%(..)", lambda match: bytes([int(match[1], 16)]), text.replace("+", " ").encode("latin-1"))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid("Invalid UTF-8 in the request.") from None


def parse(text):
    """The parameters of a body or a query: {"amount": "5", "metadata": {"a": "b"}, "expand": ["c"]}."""
    params = {}
    for pair in text.split("&") if text else ():
        name, equals, value = pair.partition("=")
        match = _NAME.fullmatch(_decode(name))
        if match is None or not equals:
            raise invalid(f"Invalid request (cannot read the parameter: {pair[:40]}).")
        _put(params, match[1], re.findall(r"\[([^\[\]]*)\]", match[2]), _decode(value))
    return params


def _put(params, name, inner, value):
    twice = invalid(f"Invalid request (the parameter is given more than once: {name}).", name)
    if not inner:
        if name in params:
            raise twice
        params[name] = value
    elif len(inner) > 1:
        raise invalid(f"Received unknown parameter: {name}[{inner[0]}][{inner[1]}]", code="parameter_unknown")
    elif inner[0].isdecimal() or not inner[0]:
        values = params.setdefault(name, [])
        if not isinstance(values, list):
            raise twice
        values.append(value)
    else:
        values = params.setdefault(name, {})
        if not isinstance(values, dict) or inner[0] in values:
            raise twice
        values[inner[0]] = value


def _is(name, value, shape):
    if not isinstance(value, shape):
        raise invalid(f"Invalid {'string' if shape is str else 'array' if shape is list else 'object'}: {value}", name)
    return value


def text(name, value, limit=5000):
    if _is(name, value, str) == "":
        raise invalid(f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a"
                      f" parameter; however '{name}' cannot be unset.", name, code="parameter_invalid_empty")
    if len(value) > limit:
        raise invalid(f"Invalid string: {value[:20]}...; must be at most {limit} characters", name)
    return value


def integer(name, value):
    if re.fullmatch(r"-?[0-9]{1,18}", text(name, value)) is None:
        raise invalid(f"Invalid integer: {value}", name, code="parameter_invalid_integer")
    return int(value)


def amount(name, value):
    number = integer(name, value)
    if number < 1:
        raise invalid("This value must be greater than or equal to 1.", name, code="parameter_invalid_integer")
    if number > AMOUNT_MAX:
        raise invalid("Amount must be no more than $999,999.99", name, code="amount_too_large")
    return number


def limit(name, value):
    number = integer(name, value)
    if not 1 <= number <= 100:
        raise invalid("This value must be greater than or equal to 1 and at most 100.", name,
                      code="parameter_invalid_integer")
    return number


def boolean(name, value):
    if text(name, value) not in ("true", "false"):
        raise invalid(f"Invalid boolean: {value}", name)
    return value == "true"


def strings(name, value):
    return [text(name, item) for item in _is(name, value, list)]


def address(name, value):
    if re.match(r"https?://[^/\s]+", text(name, value, 2048)) is None:
        raise invalid("Not a valid URL", name, code="url_invalid")
    return value


def metadata(name, value):
    if len(_is(name, value, dict)) > METADATA_PAIRS:
        raise invalid(f"Metadata can have up to {METADATA_PAIRS} keys.", name)
    for key, item in value.items():
        if len(key) > METADATA_NAME:
            raise invalid(f"Metadata keys can be up to {METADATA_NAME} characters long.", name)
        if len(item) > METADATA_VALUE:
            raise invalid(f"Metadata values can be up to {METADATA_VALUE} characters long.", f"{name}[{key}]")
    return {key: item for key, item in value.items() if item}


def created(name, value):
    """Bounds of a time, each as an operator of SQL."""
    operators = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
    if isinstance(value, str):
        return [("=", integer(name, value))]
    for bound in _is(name, value, dict):
        if bound not in operators:
            raise invalid(f"Received unknown parameter: {name}[{bound}]", f"{name}[{bound}]", code="parameter_unknown")
    return [(operators[bound], integer(f"{name}[{bound}]", item)) for bound, item in value.items()]


def one_of(*allowed):
    def read(name, value):
        if text(name, value) not in allowed:
            raise invalid(f"Invalid {name}: must be one of {', '.join(allowed)}", name)
        return value

    return read


def members(**table):
    """An object with members of its own."""

    def read(name, value):
        return checked(_is(name, value, dict), table, f"{name}[%s]")

    return read


def checked(params, table, naming="%s", required=()):
    """The parameters as values, by {name: reader}."""
    for name in params:
        if name not in table:
            shown = naming % name
            raise invalid(f"Received unknown parameter: {shown}", shown, code="parameter_unknown")
    for name in required:
        if name not in params:
            raise invalid(f"Missing required param: {name}.", name, code="parameter_missing")
    return {name: table[name](naming % name, value) for name, value in params.items()}
