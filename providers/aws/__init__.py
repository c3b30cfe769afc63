"""What AWS offers, asked through boto3."""
