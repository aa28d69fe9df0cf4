"""AWS's published address ranges, condensed for the rules."""
