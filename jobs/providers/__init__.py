"""The registry: a provider is one module and one line here."""

from . import gemini, vertex
from .base import ProviderKind

PROVIDERS: dict[str, ProviderKind] = {"gemini": gemini.KIND, "vertex": vertex.KIND}
