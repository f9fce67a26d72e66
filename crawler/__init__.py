"""Finds and fetches: the only package that knows Scrapy and the network."""
