-- title: Who deleted this object, by the access logs
-- question: Which request or lifecycle rule deleted this object, and when?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
-- parameter: bucket, text, 'hr-data'
-- parameter: key, text, 'payroll/2026/q3.csv'
SELECT
  date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000') AS request_time,
  operation,
  key,
  versionid,
  httpstatus,
  requester,
  remoteip,
  useragent,
  requestid
FROM s3_access_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND (
    regexp_like(operation, '^(REST|WEBSITE|BATCH)\.DELETE\.OBJECT$|^SOAP\.DeleteObject$')
    OR regexp_like(operation, '^S3\.(EXPIRE\.|CREATE\.DELETEMARKER)') -- lifecycle rules
  )
  AND bucket_name = ?
  AND ? = CASE
    -- S3 encodes a key once more than its address does; that of a batch, which was in no address, once.
    WHEN operation LIKE 'BATCH.%' OR operation LIKE 'S3.%' THEN coalesce(try(url_decode(key)), key)
    ELSE coalesce(try(url_decode(url_decode(key))), try(url_decode(key)), key)
  END
ORDER BY request_time, requestid
