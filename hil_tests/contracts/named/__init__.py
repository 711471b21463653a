"""Commands, options and console words that hints, fault texts, documents and reports name: found in the text, judged by what there is."""
