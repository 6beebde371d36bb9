"""The film of the demo's broadcast, apart from the product for its size; made by `python -m cli.broadcast.make`."""
