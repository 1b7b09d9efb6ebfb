"""The timeline's drawing: geometry as strings of SVG attributes, no queries."""
