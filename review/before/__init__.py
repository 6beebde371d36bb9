"""Before the broadcast: scripts, product pages, captions and catalogues checked, with advice on lawful wording."""
