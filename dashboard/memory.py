"""How processes that run for long collect garbage."""

import gc

ALLOCATIONS, YOUNG, OLD = 5_000, 20, 50


def settle() -> None:
    """Walk no more over what is loaded for ever, and seldom over the rest.

    A full collection stopped every thread for up to 0.2 s, amid a page or a sync; a tenth of their time went there.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, YOUNG, OLD)
