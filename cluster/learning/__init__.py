"""Learning as work beside live broadcasts: candidates in shadow, spot checks drawn, fits made by the clock.

May import `replay`, `stages`, `background`; it holds no broadcast up and none waits for it.
"""
