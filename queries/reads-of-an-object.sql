-- title: Reads of an object in a period
-- question: Who read this object, or the objects below this prefix, between these moments?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: from this moment, text, '2026-11-20T08:00:00Z'
-- parameter: to this moment, text, '2026-11-20T18:00:00Z'
-- parameter: bucket/key or the beginning of one, text, 'hr-data/payroll/'
WITH requests AS (
  SELECT
    *,
    -- A request may name an access point in the bucket's place, by its alias or ARN.
    coalesce(
      if(regexp_like(json_extract_scalar(requestparameters, '$.bucketName'), '^arn:|-s3alias$|--(xa|ol|op)-s3$|\.mrap$'),
        regexp_extract(element_at(filter(resources, r -> r.type LIKE '%Bucket'), 1).arn, '[^:/]*$')),
      json_extract_scalar(requestparameters, '$.bucketName')
    ) AS bucket,
    regexp_replace(try(url_decode(regexp_replace( -- without the version
      json_extract_scalar(requestparameters, '$["x-amz-copy-source"]'), '\?versionId=.*$', ''
    ))), '^/+', '') AS source
  FROM cloudtrail_logs
  WHERE "timestamp" BETWEEN ? AND ?
    AND eventtime BETWEEN ? AND ?
    AND eventsource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
    AND eventname IN (
      'GetObject', 'GetObjectAnnotation', 'GetObjectTorrent', 'SelectObjectContent', 'CopyObject',
      'UploadPartCopy'
    )
),
reads AS (
  SELECT
    *,
    CASE
      -- A copy reads what it is made from; CloudTrail names the copy as bucket and key.
      WHEN eventname IN ('CopyObject', 'UploadPartCopy') THEN CASE
        -- A copy may name an access point, too; its bucket is another one than the copy's, if there is another.
        WHEN regexp_like(source, '(?s)^arn:|^[^/]+(-s3alias|--(xa|ol|op)-s3|\.mrap)/')
          THEN coalesce(element_at(filter(
            transform(filter(resources, r -> r.type LIKE '%Bucket'), r -> regexp_extract(r.arn, '[^:/]*$')),
            name -> name <> bucket
          ), 1), bucket) || '/' || regexp_extract(source, '(?s)^(?:arn:.*?/object|[^/]+)/(.+)$', 1)
        ELSE source
      END
      ELSE bucket || '/' || json_extract_scalar(requestparameters, '$.key')
    END AS object
  FROM requests
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
