"""What a notebook shows of a stream or a pipeline."""

from __future__ import annotations

from typing import Any

from rxstream.core import Pipeline, Stream


def bundle_of(*drawn: Pipeline | Stream[Any]) -> dict[str, str]:
    """Draw pipelines and streams, each thing once, in every form that a notebook or a terminal may show.

    What a pipeline did in its latest run is said too.

    Args:
        drawn: What is drawn.

    Returns:
        For each media type the picture: SVG, as an image and as HTML, Mermaid's text, and plain text.
    """
    # Only who looks at a picture needs what draws it.
    from rxstream.notebook._graph import graph_of
    from rxstream.notebook._mermaid import mermaid
    from rxstream.notebook._picture import picture
    from rxstream.notebook._rails import rails

    graph = graph_of(drawn)
    svg = picture(graph)
    # JupyterLab would rather draw Mermaid itself than show an image, but HTML before both; and there one can point at
    # things, and they follow its theme.
    return {"image/svg+xml": svg, "text/html": svg, "text/vnd.mermaid": mermaid(graph), "text/plain": rails(graph)}
