"""What patients are asked: the instruments as data, and what an answer to them means."""
