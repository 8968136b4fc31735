# SPDX-License-Identifier: GPL-2.0-only
"""Event classes: id, fields, `format`, filters; and the table of task names. Built from the syscall tables."""

from tracefs.events.cmdlines import Cmdlines
from tracefs.events.event import EventClass
from tracefs.events.field import COMMON_FIELDS, Field
from tracefs.events.headers import HEADER_EVENT, HEADER_PAGE
from tracefs.events.registry import REGISTRY, Registry

__all__ = ["COMMON_FIELDS", "HEADER_EVENT", "HEADER_PAGE", "REGISTRY", "Cmdlines", "EventClass", "Field", "Registry"]
