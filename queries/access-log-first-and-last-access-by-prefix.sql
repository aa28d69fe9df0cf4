-- title: First and last access by prefix, by the access logs
-- question: When was each folder, two levels deep, first and last read and written, so which are not used any more?
-- table: s3_access_logs
-- parameter: first day, text, '2026/08/21'
-- parameter: last day, text, '2026/11/20'
-- parameter: bucket, text, 'hr-data'
WITH accesses AS (
  SELECT
    requester,
    regexp_like(
      operation,
      '^(REST|WEBSITE)\.(GET\.OBJECT(_TORRENT|_ANNOTATION)?|POST\.SELECT|COPY\.(OBJECT|PART)_GET)$'
      || '|^SOAP\.GetObject$'
    ) AS reads,
    regexp_like(
      operation,
      '^(REST|WEBSITE)\.(PUT\.(OBJECT|PART)|POST\.(OBJECT|BUCKET|UPLOADS?)|COPY\.(OBJECT|PART)|DELETE\.UPLOAD)$'
      || '|^SOAP\.(Put|Copy)Object$'
    ) AS writes,
    CASE
      -- S3 encodes a key once more than its address does; that of a batch, which was in no address, once.
      WHEN operation LIKE 'BATCH.%' OR operation LIKE 'S3.%' THEN coalesce(try(url_decode(key)), key)
      ELSE coalesce(try(url_decode(url_decode(key))), try(url_decode(key)), key)
    END AS object_key,
    date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000') AS request_time
  FROM s3_access_logs
  WHERE "timestamp" BETWEEN ? AND ?
    AND bucket_name = ?
    AND key <> '-'
    AND errorcode = '-'
    AND (httpstatus = '-' OR httpstatus < '400') -- a form's upload is answered 201, 204 or 303
    AND NOT regexp_like(operation, '^S3\.(EXPIRE|CREATE\.DELETEMARKER|DELETE\.UPLOAD|TRANSITION)') -- lifecycle rules
)
SELECT
  regexp_extract(object_key, '^(?:[^/]*/){0,2}') AS prefix,
  min(request_time) AS first_access,
  max(request_time) AS last_access,
  max(CASE WHEN reads THEN request_time END) AS last_read,
  max(CASE WHEN writes THEN request_time END) AS last_write,
  count(*) AS requests,
  count(DISTINCT requester) AS requesters
FROM accesses
GROUP BY 1
ORDER BY last_access, prefix
