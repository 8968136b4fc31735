# SPDX-License-Identifier: GPL-2.0-only
"""`python -m tracefs`."""

import sys

from tracefs.cli import main

sys.exit(main())
