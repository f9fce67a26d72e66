"""Captured pages shown whole, on an origin of their own. `create_replay_app` is in `archive.web.replay.app`."""
