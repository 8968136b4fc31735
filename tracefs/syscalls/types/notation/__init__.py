# SPDX-License-Identifier: GPL-2.0-only
"""Values, and how they are written: as ftrace does, as strace does, as JSON."""
