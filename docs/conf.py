"""How the pages are built: `make docs`."""

project = "rxstream"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "rxstream"
exclude_patterns = ["_build"]
#: Links to headings within pages.
myst_heading_anchors = 3
