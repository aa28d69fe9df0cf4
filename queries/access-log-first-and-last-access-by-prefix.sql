-- title: First and last access by prefix, by the access logs
-- question: When was each folder, two levels deep, first and last read and written, so which are not used any more?
-- table: s3_access_logs
-- parameter: first day, text, '2026/08/21'
-- parameter: last day, text, '2026/11/20'
-- parameter: bucket, text, 'hr-data'
WITH accesses AS (
  SELECT
    operation,
    requester,
    coalesce(try(url_decode(url_decode(key))), try(url_decode(key)), key) AS object_key,
    date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000') AS request_time
  FROM s3_access_logs
  WHERE "timestamp" BETWEEN ? AND ?
    AND bucket_name = ?
    AND key <> '-'
    AND httpstatus IN ('200', '204', '206', '304')
)
SELECT
  regexp_extract(object_key, '^(?:[^/]*/){0,2}') AS prefix,
  min(request_time) AS first_access,
  max(request_time) AS last_access,
  max(CASE WHEN operation LIKE '%.GET.%' OR operation LIKE '%.HEAD.%' THEN request_time END) AS last_read,
  max(CASE WHEN operation LIKE '%.PUT.%' OR operation LIKE '%.POST.%' THEN request_time END) AS last_write,
  count(*) AS requests,
  count(DISTINCT requester) AS requesters
FROM accesses
GROUP BY 1
ORDER BY last_access, prefix
