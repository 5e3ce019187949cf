"""``python -m rxstream``: the same as the command."""

import sys

from rxstream.cli import main

sys.exit(main())
