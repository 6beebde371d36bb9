"""Cases: findings grouped, ranked and decided by people.

May import `streams`, `accounts`, `audit` and `events`. What follows from a decision elsewhere (a strike, say) comes in
through the protocol that `CaseStore` takes.
"""
