"""From readings to typography: themes, contrast, layout."""
