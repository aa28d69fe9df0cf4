-- title: Reads of an object in a period
-- question: Who read this object, or the objects below this prefix, between these moments?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: from this moment, text, '2026-11-20T08:00:00Z'
-- parameter: to this moment, text, '2026-11-20T18:00:00Z'
-- parameter: bucket/key or the beginning of one, text, 'hr-data/payroll/'
WITH reads AS (
  SELECT
    *,
    CASE
      -- A copy reads what it is made from; CloudTrail names the copy as bucket and key.
      WHEN eventname IN ('CopyObject', 'UploadPartCopy')
        THEN regexp_replace(try(url_decode(regexp_replace( -- without the version
          json_extract_scalar(requestparameters, '$["x-amz-copy-source"]'), '\?versionId=.*$', ''
        ))), '^/+', '')
      ELSE json_extract_scalar(requestparameters, '$.bucketName')
        || '/' || json_extract_scalar(requestparameters, '$.key')
    END AS object
  FROM cloudtrail_logs
  WHERE "timestamp" BETWEEN ? AND ?
    AND eventtime BETWEEN ? AND ?
    AND eventsource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
    AND eventname IN (
      'GetObject', 'GetObjectAnnotation', 'GetObjectTorrent', 'SelectObjectContent', 'CopyObject',
      'UploadPartCopy'
    )
)
SELECT
  eventtime,
  eventname,
  object,
  coalesce(errorcode, 'success') AS outcome,
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.accountid, 'unknown') AS principal,
  sourceipaddress,
  useragent,
  cast(try_cast(json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS double) AS bigint)
    AS bytes_out,
  requestid
FROM reads
WHERE starts_with(object, ?)
ORDER BY eventtime, requestid
