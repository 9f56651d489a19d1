"""Compiled code, kept where it is found again: `python -m routing.compiled` once, at install.

It is kept in a folder of this package, by processor and by the text of all modules (`routing.kernel_cache`). Where that
cannot be written, set NUMBA_CACHE_DIR, at install and for the planner alike.
"""

from __future__ import annotations


def warm() -> None:
    """Run every compiled path once on something tiny, so that it is compiled or read from where it is kept."""
    # Imported here: the planner's process answers its first problems while this is still at work.
    from routing import batching, sources, tours  # noqa: PLC0415

    batching.warm()
    sources.warm()
    tours.warm()


if __name__ == "__main__":
    warm()
    from routing.kernel_cache import forget_others

    forget_others()
