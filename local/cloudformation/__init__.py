"""Resource types, properties and conditions of templates that ministack does not support."""
