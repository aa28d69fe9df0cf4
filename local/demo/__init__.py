"""The demo: deploys s3watch, has several people touch sensitive objects, and shows the e-mails."""
