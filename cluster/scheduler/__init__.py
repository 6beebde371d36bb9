"""Which worker gets which broadcast and which actors run where: pure functions of a snapshot.

`plan` assigns, `staffing` compares actors with settings, `reconciler` repeats both. Knows no Ray and no media; of
`cluster` it may import `errors`.
"""
