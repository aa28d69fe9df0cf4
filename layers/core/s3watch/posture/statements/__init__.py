"""The statements of policies as they are kept and compared: what of them is new, and what is gone."""
