"""How each kind of target is brought to what is wanted, one step at a time: plan, perform, settle.

`plan` reads the ledger and freezes what to do; `perform` does only what was frozen, so that it can be repeated from
the ledger's row alone; `done` and `stopped` write down what came of it.
"""
