# SPDX-License-Identifier: GPL-2.0-only
"""The engine's policy, on the capture thread's cold path: who is traced, how it is taken hold of, and what it must not
meet."""
