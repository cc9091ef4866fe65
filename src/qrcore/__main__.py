"""`python -m qrcore` is `qrcore`."""

import sys

from .cli import main

sys.exit(main())
