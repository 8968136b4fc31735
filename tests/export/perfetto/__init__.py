# SPDX-License-Identifier: GPL-2.0-only
"""Perfetto traces, judged by Perfetto."""
