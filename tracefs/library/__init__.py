# SPDX-License-Identifier: GPL-2.0-only
"""tracefs as a library: docs/api.md. What is stable is named in tracefs/__init__.py.

happenings.py  what is given: Call, Signal, Exit, Event, Lost
plain.py       decoded values as Python's own
telling.py     records -> these
sources.py     where records come from: a command, processes, a mount, a recording
"""
