-- title: Writes of an object in a period
-- question: Who wrote this object, or objects below this prefix, between these moments?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: from this moment, text, '2026-11-20T08:00:00Z'
-- parameter: to this moment, text, '2026-11-20T18:00:00Z'
-- parameter: bucket/key or the beginning of one, text, 'hr-data/payroll/'
WITH writes AS (
  SELECT
    *,
    -- A request may name an access point in the bucket's place, by its alias or ARN.
    coalesce(
      if(regexp_like(json_extract_scalar(requestparameters, '$.bucketName'), '^arn:|-s3alias$|--(xa|ol|op)-s3$|\.mrap$'),
        regexp_extract(element_at(filter(resources, r -> r.type LIKE '%Bucket'), 1).arn, '[^:/]*$')),
      json_extract_scalar(requestparameters, '$.bucketName')
    ) AS bucket
  FROM cloudtrail_logs
  WHERE "timestamp" BETWEEN ? AND ?
    AND eventtime BETWEEN ? AND ?
    AND eventsource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
    AND eventname IN (
      'PutObject', 'PostObject', 'CopyObject', 'RenameObject', 'CreateMultipartUpload', 'UploadPart',
      'UploadPartCopy', 'CompleteMultipartUpload', 'AbortMultipartUpload'
    )
)
SELECT
  eventtime,
  eventname,
  bucket || '/' || json_extract_scalar(requestparameters, '$.key') AS object,
  coalesce(errorcode, 'success') AS outcome,
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.accountid, 'unknown') AS principal,
  sourceipaddress,
  useragent,
  cast(try_cast(json_extract_scalar(additionaleventdata, '$.bytesTransferredIn') AS double) AS bigint)
    AS bytes_in,
  requestid
FROM writes
WHERE starts_with(bucket || '/' || json_extract_scalar(requestparameters, '$.key'), ?)
ORDER BY eventtime, requestid
