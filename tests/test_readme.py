"""README's table of settings is true."""

import re
from pathlib import Path

from dashboard.settings import env

README = Path(__file__).resolve().parents[1] / "README.md"
ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \|", re.MULTILINE)


def test_every_setting_is_in_the_table_once_and_no_other() -> None:
    explained = ROW.findall(README.read_text())

    assert sorted(explained) == sorted(env.dump())
