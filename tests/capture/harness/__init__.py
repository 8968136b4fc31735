# SPDX-License-Identifier: GPL-2.0-only
"""The proof that traced tasks come to no harm: programs that check themselves, and tracers that are killed."""
