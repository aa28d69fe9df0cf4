"""What others say of an access that is told: the rules' authors, and sources that are asked rarely."""
