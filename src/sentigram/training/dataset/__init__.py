"""Examples with their labels and features."""
