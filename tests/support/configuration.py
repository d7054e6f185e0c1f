# SPDX-License-Identifier: MIT
"""The configuration file of payment-api."""

from pathlib import Path


class Configuration:
    """An INI file: what the attribute sections holds is what write() puts into it."""

    def __init__(self, path, sections):
        self.path = Path(path)
        self.sections = {name: dict(options) for name, options in sections.items()}
        self.write()

    def set(self, **options):
        """Changes options of the section [payment-api] in the file."""
        self.sections.setdefault("payment-api", {}).update(options)
        self.write()

    def write(self):
        """Writes the file, which holds a password."""
        lines = []
        for name, options in self.sections.items():
            lines += [f"[{name}]", *(f"{key} = {value}" for key, value in options.items()), ""]
        self.path.touch(mode=0o600)
        self.path.write_text("\n".join(lines), encoding="utf-8")
