# SPDX-License-Identifier: GPL-2.0-only
"""Declares the cffi modules and the launcher: what pyproject.toml has no word for."""

import runpy

from setuptools import setup

launcher = runpy.run_path("tracefs/launcher/build.py")

setup(
    cffi_modules=[
        "ringbuf/build.py:ffibuilder",
        "tracefs/events/build.py:ffibuilder",
        "tracefs/events/triggers/build.py:ffibuilder",
        "tracefs/capture/build.py:ffibuilder",
        "tracefs/render/build.py:ffibuilder",
        "tracefs/export/native/build.py:ffibuilder",
    ],
    scripts=[launcher["SOURCE"]],
    cmdclass={"build_scripts": launcher["BuildLauncher"]},
)
