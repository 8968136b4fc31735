# SPDX-License-Identifier: GPL-2.0-only
"""A table as `print fmt`, for those who make words of the bytes themselves: trace-cmd, perf, libtraceevent."""
