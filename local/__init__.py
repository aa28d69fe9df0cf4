"""The local AWS: ministack, completed by what s3watch needs and ministack lacks, on this machine alone."""
