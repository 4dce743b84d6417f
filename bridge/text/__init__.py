"""Rich text as a tree: read from HTML or chat Markdown, written as safe HTML, split, searched for names.

Nothing is imported here, so that whoever needs only the tree does not pay for the parsers.
"""
