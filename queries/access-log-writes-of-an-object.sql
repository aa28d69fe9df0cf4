-- title: Writes of an object in a period, by the access logs
-- question: Who wrote this object, or objects below this prefix, between these moments, and with what status?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
-- parameter: from this moment, text, '2026-11-20T08:00:00Z'
-- parameter: to this moment, text, '2026-11-20T18:00:00Z'
-- parameter: bucket/key or the beginning of one, text, 'hr-data/payroll/'
WITH writes AS (
  SELECT
    *,
    date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000') AS request_time,
    -- S3 writes the key as in the address, encoded once more.
    bucket_name || '/' || coalesce(try(url_decode(url_decode(key))), try(url_decode(key)), key) AS object
  FROM s3_access_logs
  WHERE "timestamp" BETWEEN ? AND ?
    AND regexp_like(
      operation,
      '^(REST|WEBSITE)\.(PUT\.(OBJECT|PART)|POST\.(OBJECT|BUCKET|UPLOADS?)|COPY\.(OBJECT|PART)|DELETE\.UPLOAD)$'
      || '|^SOAP\.(Put|Copy)Object$'
    )
)
SELECT
  request_time,
  operation,
  object,
  httpstatus,
  requester,
  remoteip,
  useragent,
  bytessent,
  objectsize,
  requestid
FROM writes
WHERE date_format(request_time, '%Y-%m-%dT%H:%i:%sZ') BETWEEN ? AND ?
  AND starts_with(object, ?)
ORDER BY request_time, requestid
