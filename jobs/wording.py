"""Numbers with their nouns."""


def many(number: int, noun: str) -> str:
    """`1 job`, `0 jobs`, `1,204 jobs`."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"
