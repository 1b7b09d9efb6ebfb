"""Provider facts in, changes out (DESIGN 5). ``sync_project`` is the one door."""

from .run import Report, sync_project

__all__ = ["Report", "sync_project"]
