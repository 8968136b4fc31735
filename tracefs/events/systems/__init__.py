# SPDX-License-Identifier: GPL-2.0-only
"""The event classes, one module per system. Layouts are those of a live kernel's `format` files (6.18)."""
