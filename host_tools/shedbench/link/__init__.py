"""The link between an emulated board and the plant (docs/protocols/link.md): its codec and its log."""
