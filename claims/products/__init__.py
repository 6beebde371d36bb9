"""Which product is meant, by words, links, codes and what is on sale."""
