"""The bundled weights, each with a card and a licence beside it (data only)."""
