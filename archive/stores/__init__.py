"""Where sealed files are kept: the local folder, or a bucket."""
