"""Who sends a request, and whether they may: sessions, API keys, OpenID, rates."""
