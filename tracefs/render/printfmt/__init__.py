# SPDX-License-Identifier: GPL-2.0-only
"""`print fmt` of an event class to a program that C runs for each line."""
