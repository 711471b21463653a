"""Commands, options and console words that hints, fault texts, documents and reports name: found there, compared with the real ones."""
