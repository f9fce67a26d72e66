"""From exchange to article version: snapshot, extract, compare, store. No network."""
