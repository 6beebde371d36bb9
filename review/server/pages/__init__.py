"""The pages on which people work, one file for each; their templates are in `server/templates`."""
