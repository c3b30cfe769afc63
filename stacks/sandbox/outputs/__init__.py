"""What each cloud fills in by itself: ids, names, endpoints, as the real ones form them."""
