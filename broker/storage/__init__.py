"""Files the broker keeps."""
