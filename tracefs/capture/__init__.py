# SPDX-License-Identifier: GPL-2.0-only
"""The ptrace engine: tasks' system calls into ring buffers."""

from tracefs.capture.child import Child
from tracefs.capture.engine import Engine, Tracee
from tracefs.capture.policy.native import Limit
from tracefs.capture.policy.program import StartError
from tracefs.capture.scope import Scope, above
from tracefs.capture.wanted import PidSet, Wanted

__all__ = ["Child", "Engine", "Limit", "PidSet", "Scope", "StartError", "Tracee", "Wanted", "above"]
