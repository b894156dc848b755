"""Models that were brought to this machine: what can be brought, where it lies, what is whole."""
