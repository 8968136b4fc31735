# SPDX-License-Identifier: GPL-2.0-only
"""Numbers and saved memory to the words of the type tables, in C."""
