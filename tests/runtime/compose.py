"""docker-compose.yml as local processes: the same commands and environment, a folder in place of the volume."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from compose_spec import PyCompose

from .processes import REPOSITORY, clean_environment

VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<sign>[-?])(?P<rest>[^{}]*))?\}")


def filled(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with ``${NAME:-default}`` and ``${NAME:?complaint}`` as compose reads them, innermost first."""

    def value(match: re.Match[str]) -> str:
        if given := variables.get(match["name"]):
            return given
        if match["sign"] == "?":
            raise LookupError(f"{match['name']} {match['rest']}")
        return match["rest"] or ""

    while VARIABLE.search(text):
        text = VARIABLE.sub(value, text)
    return text


class Compose:
    """``variables`` are what .env holds; ``volume`` plays /data."""

    def __init__(self, variables: Mapping[str, str], volume: Path) -> None:
        self.volume = volume
        text = filled((REPOSITORY / "docker-compose.yml").read_text(), variables)
        read = yaml.safe_load(text)
        self.specification = PyCompose.from_json(json.dumps(read))
        self.services: dict[str, Any] = read["services"]

    def command(self, service: str) -> list[str]:
        return self._here(self.services[service]["command"])

    def health(self, service: str) -> list[str]:
        """The command that tells whether a container is well."""
        kind, *rest = self.services[service]["healthcheck"]["test"]
        return self._here(rest if kind == "CMD" else ["sh", "-c", *rest])

    def environment(self, service: str) -> dict[str, str]:
        named = {name: str(value) for name, value in self.services[service]["environment"].items()}
        return clean_environment(**named | {"BATCHBOARD_DATA": str(self.volume)})

    def _here(self, words: list[str]) -> list[str]:
        return [re.sub(r"(?<![\w/])/data\b", str(self.volume), str(word)) for word in words]
