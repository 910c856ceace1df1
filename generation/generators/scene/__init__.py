"""The embedded generator `scene`: a prompt becomes a scene graph, and the graph a layered, lit picture of our own.

`generator.create` is what the server calls. Nothing is imported here: the child that draws starts sooner without
what the server needs.
"""
