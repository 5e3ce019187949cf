"""How the pages are built: `make docs`."""

import sys
from pathlib import Path

# What draws is found beside the pages.
sys.path.insert(0, str(Path(__file__).parents[1]))

project = "rxstream"
extensions = ["myst_parser", "docs.drawn"]
html_theme = "furo"
html_title = "rxstream"
exclude_patterns = ["_build"]
#: Links to headings within pages.
myst_heading_anchors = 3
#: Elsewhere a diagram is a block of code as others are; here it is drawn.
myst_fence_as_directive = ["marble"]
