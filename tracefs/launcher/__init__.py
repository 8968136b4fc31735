# SPDX-License-Identifier: GPL-2.0-only
"""The native command that starts Python: launcher.c, and how it is built."""
