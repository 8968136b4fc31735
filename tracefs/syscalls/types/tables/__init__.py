# SPDX-License-Identifier: GPL-2.0-only
"""The package's own tables; scripts/gen-types fills in the values."""
