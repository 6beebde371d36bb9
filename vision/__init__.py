"""Turns key frames into the text that stood on screen, with first and last sight, and into products on sale.

Rooms from the top: `tracking` uses `layout` and `ocr`, `layout` uses `ocr`; `products` stands beside them; all use
`boxes`, `errors` and `types`. Imports `ingest` and `net`; nothing of Ray, pages or databases.
"""
