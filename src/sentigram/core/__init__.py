"""The values that flow between stages, and the Protocols of the stages; numpy at most."""
