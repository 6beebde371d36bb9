"""Evidence kept beyond this machine's disk, so that a finding can still be shown when its worker is gone."""
