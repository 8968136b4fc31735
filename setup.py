# SPDX-License-Identifier: GPL-2.0-only
"""Declares the cffi modules: the one thing pyproject.toml has no word for."""

from setuptools import setup

setup(
    cffi_modules=[
        "ringbuf/build.py:ffibuilder",
        "tracefs/events/build.py:ffibuilder",
        "tracefs/events/triggers/build.py:ffibuilder",
        "tracefs/capture/build.py:ffibuilder",
        "tracefs/render/build.py:ffibuilder",
    ]
)
