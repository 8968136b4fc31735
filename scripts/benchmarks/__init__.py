# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks behind scripts/bench: ratios against a peer, measured side by side in one run."""
