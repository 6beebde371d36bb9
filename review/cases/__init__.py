"""Cases: findings grouped, ranked and decided by people."""
