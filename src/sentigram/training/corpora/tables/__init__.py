"""Tables of examples as researchers have them, whatever their format and headers."""
