"""What can be done to a job: one rule and one entry each (DESIGN 6). Plans, buttons and workers ask the same rules."""

from .verdicts import RULES, Decision, Facts, can, facts_of, is_live, may_lose_results, verdict

__all__ = ["RULES", "Decision", "Facts", "can", "facts_of", "is_live", "may_lose_results", "verdict"]
