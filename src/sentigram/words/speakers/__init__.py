"""Who speaks when: local speakers, their voices, and which voices are one person's."""
