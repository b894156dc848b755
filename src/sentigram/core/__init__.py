"""The values that flow between stages, the Protocols of the stages, and what text is."""
