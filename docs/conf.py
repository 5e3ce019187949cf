"""How the pages are built: `make docs`."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
# What draws is found beside the pages.
sys.path.insert(0, str(HERE.parent))

# Pages are looked for within this folder only, and links among them too, through no symbolic link.
(HERE / "notebooks").mkdir(exist_ok=True)
for notebook in (HERE.parent / "notebooks").glob("*.ipynb"):
    shutil.copy2(notebook, HERE / "notebooks")

project = "rxstream"
extensions = ["myst_nb", "docs.drawn"]
html_theme = "furo"
html_title = "rxstream"
exclude_patterns = ["_build"]
#: The notebooks are shown as they are kept.
nb_execution_mode = "off"
#: Pictures are kept as Mermaid's text too, for those who draw it themselves.
suppress_warnings = ["mystnb.unknown_mime_type"]
#: Links to headings within pages.
myst_heading_anchors = 3
#: Elsewhere a diagram is a block of code as others are; here it is drawn.
myst_fence_as_directive = ["marble"]
