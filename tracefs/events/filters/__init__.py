# SPDX-License-Identifier: GPL-2.0-only
"""The filter language of tracefs: text -> expression (parse) -> program that C runs (compile).

What is accepted, the errno and the messages are the kernel's, learned filter by filter from a live tracefs.
"""

from tracefs.events.filters.compile import CompiledFilter
from tracefs.events.filters.errors import FilterError
from tracefs.events.filters.files import EventFilter, set_event_filter, set_system_filter
from tracefs.events.filters.parse import parse_expression, parse_filter

__all__ = [
    "CompiledFilter",
    "EventFilter",
    "FilterError",
    "parse_expression",
    "parse_filter",
    "set_event_filter",
    "set_system_filter",
]
