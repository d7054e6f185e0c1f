"""Examples of calls in curl, Python and JavaScript, and the colours of code.

SPDX-License-Identifier: MIT
"""

import html
import re


class Number(float):
    """A number of the document, which is shown as it is written there: 100.00."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def __new__(cls, text):
        return super().__new__(cls, text)


def literal(value, indent, words, width=72):
    """A value as JSON, Python or JavaScript writes it; words are those for True, False and None."""
    if value is True or value is False or value is None:
        return words[(True, False, None).index(value)]
    if isinstance(value, Number):
        return value.text
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    brackets = "[]" if isinstance(value, list) else "{}"
    inner = [literal(item, indent + 2, words) for item in value] if isinstance(value, list) else [
        f'"{name}": {literal(item, indent + 2, words)}' for name, item in value.items()]
    line = brackets[0] + ", ".join(inner) + brackets[1]
    if "\n" not in line and len(line) + indent <= width:
        return line
    space = "\n" + " " * (indent + 2)
    return brackets[0] + space + ("," + space).join(inner) + "\n" + " " * indent + brackets[1]


def as_json(value, indent=0, width=48):
    return literal(value, indent, ("true", "false", "null"), width)


def curl(call):
    lines = [f'curl "$BASE_URL{call["path"]}{call["query"]}"']
    if call["key"]:
        lines.append('-H "Authorization: Bearer $API_KEY"')
    for name, value in call["headers"].items():
        lines.append(f'-H "{name}: {value}"')
    if call["method"] != ("GET" if call["body"] is None else "POST"):
        lines.insert(1, f"-X {call['method']}")
    if call["body"] is not None:
        lines.append('-H "Content-Type: application/json"')
        lines.append("-d '" + as_json(call["body"], 2, 60) + "'")
    return " \\\n  ".join(lines)


def python(call):
    headers = {}
    if call["key"]:
        headers["Authorization"] = 'f"Bearer {os.environ[\'API_KEY\']}"'
    for name, value in call["headers"].items():
        headers[name] = "str(uuid.uuid4())" if name == "Idempotency-Key" else f'"{value}"'
    lines = ["import os"] + (["import uuid"] if "Idempotency-Key" in headers else []) + ["", "import requests", ""]
    lines.append(f"answer = requests.{call['method'].lower()}(")
    lines.append(f'    os.environ["BASE_URL"] + "{call["path"]}{call["query"]}",')
    if headers:
        lines.append("    headers={")
        lines += [f'        "{name}": {value},' for name, value in headers.items()]
        lines.append("    },")
    if call["body"] is not None:
        lines.append(f"    json={literal(call['body'], 4, ('True', 'False', 'None'))},")
    lines += ["    timeout=30,", ")", "answer.raise_for_status()", "print(answer.json())"]
    return "\n".join(lines)


def javascript(call):
    headers = {}
    if call["key"]:
        headers["Authorization"] = "`Bearer ${process.env.API_KEY}`"
    if call["body"] is not None:
        headers["Content-Type"] = '"application/json"'
    for name, value in call["headers"].items():
        headers[name] = "randomUUID()" if name == "Idempotency-Key" else f'"{value}"'
    lines = ['import { randomUUID } from "node:crypto";', ""] if "Idempotency-Key" in headers else []
    url = f"`${{process.env.BASE_URL}}{call['path']}{call['query']}`"
    if headers or call["method"] != "GET":
        lines.append(f"const answer = await fetch({url}, {{")
        if call["method"] != "GET":
            lines.append(f'  method: "{call["method"]}",')
        if headers:
            lines.append("  headers: {")
            lines += [f'    "{name}": {value},' for name, value in headers.items()]
            lines.append("  },")
        if call["body"] is not None:
            lines.append(f"  body: JSON.stringify({as_json(call['body'], 2)}),")
        lines.append("});")
    else:
        lines.append(f"const answer = await fetch({url});")
    lines += ["const result = await answer.json();",
              "if (!answer.ok) throw new Error(`${answer.status}: ${result.error}`);",
              "console.log(result);"]
    return "\n".join(lines)


LANGUAGES = (("curl", "curl", curl), ("python", "Python", python), ("javascript", "JavaScript", javascript))

TOKENS = re.compile(r"""
    (?P<string>"(?:[^"\\]|\\.)*"|`[^`]*`)
  | (?P<number>(?<![\w.$])\d+(?:\.\d+)?\b)
  | (?P<word>\b(?:import|from|const|await|if|throw|new|true|false|null|True|False|None)\b|(?<=\s)-[HdX]\b|\bcurl\b)
""", re.X)


def coloured(code):
    """HTML of a piece of code."""
    parts, at = [], 0
    for match in TOKENS.finditer(code):
        parts.append(html.escape(code[at : match.start()], quote=False))
        parts.append(f'<span class="{match.lastgroup[0]}">{html.escape(match.group(), quote=False)}</span>')
        at = match.end()
    return "".join(parts) + html.escape(code[at:], quote=False)
