"""What happens to rows while a job runs: reading, judging, folding, exchanging, writing. Engines call it; it knows no engine."""
