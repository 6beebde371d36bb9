"""Makes the lighter models of the screen's reader."""
