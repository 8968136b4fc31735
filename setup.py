# SPDX-License-Identifier: GPL-2.0-only
"""Declares the cffi modules and the launcher: what pyproject.toml has no word for."""

import runpy
from pathlib import Path

from setuptools import setup

launcher = runpy.run_path("tracefs/launcher/build.py")

SHARE = Path("share")  # what scripts/wheel makes: man pages, completions
share = [(str(path.parent), [str(path)]) for path in sorted(SHARE.rglob("*")) if path.is_file()]

setup(
    data_files=share,
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
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
