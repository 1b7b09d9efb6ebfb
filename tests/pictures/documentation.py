"""The index of the pictures in docs/."""

from pathlib import Path

from .pages import PICTURES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def index() -> str:
    """docs/README.md: each picture of the documentation under a sentence."""
    parts = [
        "# The pages of Batchboard",
        "Taken by `make screenshots` from simulated providers: same seed, same pictures.",
    ]
    for picture in PICTURES:
        files = [f"screenshots/{picture.name}-{look}.png" for look in picture.kept]
        if files:
            parts.append(f"## {picture.name.replace('-', ' ').capitalize()}\n\n{picture.says}")
            parts += [f"![{picture.says}]({file})" for file in files]
    return "\n\n".join(parts) + "\n"
