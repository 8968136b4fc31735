# SPDX-License-Identifier: GPL-2.0-only
"""What an event has of a task's memory, and in which form: which pointers are read (pointers.py), and how that stands
in a record."""
