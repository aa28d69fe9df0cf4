"""One question to DuckDB about a folder of log files: `python -m benchmarks.duckdb_count FOLDER BUCKET ROLE...`.

Of the ways to ask it that were tried this is the fastest, by five times: `read_json` with a schema takes longer.
"""

from __future__ import annotations

import sys

import duckdb

MEMBERS = """{"Records": [{
  "eventName": "VARCHAR", "errorCode": "VARCHAR", "requestParameters": {"bucketName": "VARCHAR"},
  "userIdentity": {"sessionContext": {"sessionIssuer": {"userName": "VARCHAR"}}}}]}"""
QUERY = """
SELECT count(*) FROM (
  SELECT unnest(json_transform(json, $members).Records) AS r
  FROM read_json_objects($files, format = 'newline_delimited', maximum_object_size = 4194304))
WHERE r.eventName = 'GetObject' AND r.requestParameters.bucketName = $bucket AND r.errorCode IS NULL
  AND coalesce(r.userIdentity.sessionContext.sessionIssuer.userName, '') NOT IN (SELECT unnest($roles))
"""

if __name__ == "__main__":
    files, bucket, *roles = sys.argv[1:]
    asked = {"files": f"{files}/*.json.gz", "bucket": bucket, "roles": roles, "members": MEMBERS}
    print(duckdb.execute(QUERY, asked).fetchall()[0][0])
