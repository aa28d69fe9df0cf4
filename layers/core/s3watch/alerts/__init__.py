"""What people and machines read: an alert as e-mail, text message, chat notification or OCSF finding."""
