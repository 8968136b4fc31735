# SPDX-License-Identifier: GPL-2.0-only
"""Numbers and saved memory to values, by a table. What C does for lines (render/typed) is judged by this."""
