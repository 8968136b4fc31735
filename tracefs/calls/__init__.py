# SPDX-License-Identifier: GPL-2.0-only
"""Calls from records: enter and exit put together, decoded to values, for output that programs read (export/).

records -> pages.py -> stream.py (in order, over all CPUs) -> pairing.py (Happening per task)
direct.py: most calls as text without values between (notation.py, patterns.py, records.py), the same as by values
"""
