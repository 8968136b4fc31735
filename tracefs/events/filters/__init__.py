# SPDX-License-Identifier: GPL-2.0-only
"""The filter language of tracefs: text -> expression (parse) -> program that C runs (compile).

What is accepted, the errno and the messages are the kernel's, learned filter by filter from a live tracefs.
"""
