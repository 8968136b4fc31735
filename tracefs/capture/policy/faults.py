# SPDX-License-Identifier: GPL-2.0-only
"""Faults of our own: none of them ends the capture thread."""

from __future__ import annotations


def fault(where: str) -> None:
    """Log the exception that is being handled, with its traceback. `tracefs status` counts what is logged so."""
    import logging  # here, as hardly any start needs it

    logging.getLogger("tracefs").exception("capture: %s failed", where)
