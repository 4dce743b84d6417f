"""The durable store: what was seen, what should stand where, and what became of it.

`sqlite.py` runs transactions; the other modules are the tables, one module each, as functions on a transaction.
"""
