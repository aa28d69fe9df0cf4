"""What other sources say of an access that is told: asked rarely, and never in the way of an alert."""
