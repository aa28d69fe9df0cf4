"""What the parameters of a request set: grants, destinations of data, and how long objects are kept."""
