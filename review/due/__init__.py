"""Due process: strikes, measures with two people and a notice, answers, appeals, the audit trail, retention."""
