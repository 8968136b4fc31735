# SPDX-License-Identifier: GPL-2.0-only
"""The language of the type tables: text to a table (syntax.py, model.py), and what follows from a table alone."""
