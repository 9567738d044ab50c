"""How a function's zip is built: pinned wheels for its architecture, sources, byte code; nothing else of this folder.

``runtime_asset`` builds a zip once for each content, from ``packages`` (what goes in) by ``steps``.
"""
