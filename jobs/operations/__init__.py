"""Every cancel, delete, archive and forget, of one job or 100,000: select, plan, confirm, run, receipt (DESIGN 6)."""

from .deciding import (
    TYPED_ABOVE,
    UNDO,
    approve,
    approvers,
    confirm,
    discard,
    has_lapsed,
    lapse,
    may_act,
    may_approve,
    needs_typing,
    stop,
    undo,
)
from .ending import finish, in_words, purge, start, tick
from .foreground import run_to_end
from .keeping import keep, unkeep
from .planning import plan
from .progress import RECEIPT, Progress, progress, receipt_row, receipt_rows
from .refusing import OperationRefused
from .running import run
from .selecting import Selection
from .words import Line, Totals, button, headline, totals

__all__ = [
    "RECEIPT",
    "TYPED_ABOVE",
    "UNDO",
    "Line",
    "OperationRefused",
    "Progress",
    "Selection",
    "Totals",
    "approve",
    "approvers",
    "button",
    "confirm",
    "discard",
    "finish",
    "has_lapsed",
    "headline",
    "in_words",
    "keep",
    "lapse",
    "may_act",
    "may_approve",
    "needs_typing",
    "plan",
    "progress",
    "purge",
    "receipt_row",
    "receipt_rows",
    "run",
    "run_to_end",
    "start",
    "stop",
    "tick",
    "totals",
    "undo",
    "unkeep",
]
