# SPDX-License-Identifier: GPL-2.0-only
"""The files: one small class per kind of file, over instances. Knows nothing of FUSE; see node.py for its face."""

from tracefs.tree.node import POLLIN, POLLRDNORM, Context, Directory, File, Handle, Node
from tracefs.tree.tracefs import Tracefs

__all__ = ["POLLIN", "POLLRDNORM", "Context", "Directory", "File", "Handle", "Node", "Tracefs"]
