# SPDX-License-Identifier: GPL-2.0-only
"""What is asked for on a command line, in terms of the tree: which calls and events, whose, until when, and how it is summed up.

    vocabulary.py  words of -e -> a Selection of events, signals, results (sets.py: %file and the like, nearest.py: misspelt words)
    files.py       the control files of a tree that is not mounted
    settings.py    what the options of `tracefs run` write to them
"""
