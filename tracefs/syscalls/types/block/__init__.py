# SPDX-License-Identifier: GPL-2.0-only
"""A table as one block of memory that C walks: compile.py makes it, kept.py keeps it, walk.c reads it."""
