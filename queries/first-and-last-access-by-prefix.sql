-- title: First and last access by prefix
-- question: When was each folder, two levels deep, first and last read and written, so which are not used any more?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/08/21'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: bucket, text, 'hr-data'
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
    AND eventsource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
    AND eventcategory = 'Data'
    AND errorcode IS NULL
),
accesses AS (
  SELECT
    eventtime,
    useridentity,
    CASE
      WHEN side = 'source' THEN if(eventname = 'RenameObject', 'delete', 'read')
      WHEN eventname IN ('GetObject', 'GetObjectAnnotation', 'GetObjectTorrent', 'SelectObjectContent') THEN 'read'
      WHEN eventname IN (
        'PutObject', 'PostObject', 'CopyObject', 'RenameObject', 'CreateMultipartUpload', 'UploadPart',
        'UploadPartCopy', 'CompleteMultipartUpload', 'AbortMultipartUpload'
      ) THEN 'write'
    END AS operation,
    CASE
      -- A copy reads what it is made from, a rename deletes it; CloudTrail names what is made as bucket and key.
      WHEN side = 'source' AND eventname = 'RenameObject'
        THEN bucket || '/' || regexp_replace(
          try(url_decode(json_extract_scalar(requestparameters, '$["x-amz-rename-source"]'))),
          '^/*(' || bucket || '/)?', ''
        )
      WHEN side = 'source' THEN CASE
        -- A copy may name an access point, too; its bucket is another one than the copy's, if there is another.
        WHEN regexp_like(source, '(?s)^arn:|^[^/]+(-s3alias|--(xa|ol|op)-s3|\.mrap)/')
          THEN coalesce(element_at(filter(
            transform(filter(resources, r -> r.type LIKE '%Bucket'), r -> regexp_extract(r.arn, '[^:/]*$')),
            name -> name <> bucket
          ), 1), bucket) || '/' || regexp_extract(source, '(?s)^(?:arn:.*?/object|[^/]+)/(.+)$', 1)
        ELSE source
      END
      ELSE coalesce(
        bucket || '/' || json_extract_scalar(requestparameters, '$.key'),
        -- A batch delete's record for each object names it as a resource only.
        regexp_extract(
          element_at(filter(resources, r -> r.type LIKE '%::Object'), 1).arn,
          '(?s)^arn:[^:]*:(?:s3:::|s3express:[^:]*:[^:]*:(?:bucket/)?)(.+)$', 1
        )
      )
    END AS object
  FROM requests
  CROSS JOIN UNNEST(ARRAY['target', 'source']) AS sides (side)
  WHERE side = 'target' OR eventname IN ('CopyObject', 'UploadPartCopy', 'RenameObject')
)
SELECT
  regexp_extract(substr(object, strpos(object, '/') + 1), '^(?:[^/]*/){0,2}') AS prefix,
  min(eventtime) AS first_access,
  max(eventtime) AS last_access,
  max(CASE WHEN operation = 'read' THEN eventtime END) AS last_read,
  max(CASE WHEN operation = 'write' THEN eventtime END) AS last_write,
  count(*) AS requests,
  count(DISTINCT coalesce(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn,
    useridentity.invokedby, useridentity.accountid)) AS principals
FROM accesses
WHERE split_part(object, '/', 1) = ?
GROUP BY 1
ORDER BY last_access, prefix
