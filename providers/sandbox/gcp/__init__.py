"""A stand-in for Google Cloud: Compute, Cloud Billing and Cloud Quotas, as far as the adapter asks."""
