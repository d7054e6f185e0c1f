# SPDX-License-Identifier: MIT
"""The rates as bars in an SVG that reads on light and on dark pages.

Standard library only. A bar ends at the median, the thin line beside its end goes from the least to the greatest.

SPDX-License-Identifier: MIT
"""

from html import escape

WIDTH, LEFT, RIGHT = 800, 290, 90  # the bars stand between the labels and the figures
BAR, GAP, HEAD = 18, 8, 34
FONT = "font-family: system-ui, sans-serif; font-size: 13px"

STYLE = f"""
text {{ {FONT}; fill: #24292f }}
.head {{ font-weight: 600 }}
.note {{ font-size: 11px; fill: #57606a }}
.own {{ fill: #0969da }}
.other {{ fill: #8c959f }}
.spread {{ stroke: #24292f; stroke-width: 1.5 }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #e6edf3 }}
  .note {{ fill: #9198a1 }}
  .own {{ fill: #4493f8 }}
  .other {{ fill: #656c76 }}
  .spread {{ stroke: #e6edf3 }}
}}
"""

# Which rows stand together, and in which order.
GROUPS = (
    ("Payments made per second", ("echo", "post", "post-key", "insert", "php", "node")),
    ("Payments read per second", ("get", "select")),
    ("Refunds made per second", ("refunds", "refunds-hot", "insert")),
)


def bar(row, top, scale):
    """One row: label, bar, spread, figure."""
    own = "other" if row["processes"] else "own"
    middle = top + BAR / 2
    end = LEFT + row["median"] * scale
    least, greatest = LEFT + row["least"] * scale, LEFT + row["greatest"] * scale
    return [
        f'<text x="{LEFT - 8}" y="{middle + 4:.1f}" text-anchor="end">{escape(row["label"])}</text>',
        f'<rect class="{own}" x="{LEFT}" y="{top}" width="{row["median"] * scale:.1f}" height="{BAR}" rx="2"/>',
        f'<path class="spread" d="M{least:.1f} {middle}H{greatest:.1f}M{least:.1f} {middle - 4}v8'
        f'M{greatest:.1f} {middle - 4}v8"/>',
        f'<text x="{max(end, greatest) + 8:.1f}" y="{middle + 4:.1f}">{row["median"]:,.0f}</text>',
    ]


def svg(document):
    rows = {row["name"]: row for row in document["rates"]}
    groups = [(title, [rows[name] for name in names if name in rows]) for title, names in GROUPS]
    groups = [(title, found) for title, found in groups if any(not row["processes"] for row in found)]
    greatest = max(row["greatest"] for _, found in groups for row in found)
    scale = (WIDTH - LEFT - RIGHT) / greatest
    parts, top = [], 8
    for title, found in groups:
        parts.append(f'<text class="head" x="{LEFT}" y="{top + 16}">{escape(title)}</text>')
        top += HEAD - GAP
        for row in found:
            parts += bar(row, top, scale)
            top += BAR + GAP
        top += GAP
    machine = document["environment"]
    note = (f"{machine['cores']} cores with database, web server and load; 64 connections; "
            f"median and range of {document['settings']['rounds']} rounds")
    parts.append(f'<text class="note" x="{LEFT}" y="{top + 10}">{escape(note)}</text>')
    height = top + 22
    return (
        '<!-- SPDX-License-Identifier: MIT -->\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="Requests per second of payment-api and of what it is measured against">\n'
        f"<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )
