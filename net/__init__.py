"""Reaches the network on behalf of strangers' URLs: which addresses may be contacted, HTTP through that check, waiting,
and the sockets that servers listen on.

`guard` decides and connects, `http` reads bodies within limits, `backoff` spaces attempts, `schemes` lists schemes and
ports, `listening` opens a server's socket, `errors` holds the root of every error of the project. The lowest room:
capture, webhooks and passports' pictures come through here. Imports nothing else of the project.
"""
