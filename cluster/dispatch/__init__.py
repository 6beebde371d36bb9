"""Who works where: decided on snapshots of the database, off the path of any media."""
