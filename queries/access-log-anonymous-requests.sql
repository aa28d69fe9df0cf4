-- title: Anonymous requests, by the access logs
-- question: What was asked for without credentials, from where, and was it given?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
SELECT
  date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000') AS request_time,
  bucket_name,
  operation,
  key,
  httpstatus,
  remoteip,
  useragent,
  requestid
FROM s3_access_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND bucket_name IS NOT NULL -- a line that can not be read has nothing but nulls
  AND (requester = '-' OR requester IS NULL)
ORDER BY request_time, requestid
