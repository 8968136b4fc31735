# SPDX-License-Identifier: GPL-2.0-only
"""Binary records to the lines of `trace` and `trace_pipe`: C core, thin Python face."""

from tracefs.render.options import Options
from tracefs.render.reader import Reader
from tracefs.render.renderer import Iterator, Lines, Pipe, Renderer

__all__ = ["Iterator", "Lines", "Options", "Pipe", "Reader", "Renderer"]
