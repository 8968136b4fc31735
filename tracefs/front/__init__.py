# SPDX-License-Identifier: GPL-2.0-only
"""What is asked for on a command line, in terms of the tree.

arguments.py   the options of `tracefs run`
vocabulary.py  words of -e -> a Selection of events, signals, results (sets.py: %file and the like, nearest.py: misspelt
words) selecting.py   that and -f, -P, -z, --errno -> events with filters (filters.py: one filter over many events)
controls.py    --set, --get, --hist, --trigger (files.py: the control files of a tree that is not mounted)
"""
