"""What is different between two contracts, and what each difference means for data and for those who read it."""
