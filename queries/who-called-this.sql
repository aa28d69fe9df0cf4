-- title: Who called this
-- question: Who made this call between these moments, whatever it was about, such as StopLogging or PutBucketPolicy?
-- table: cloudtrail_logs
-- statement: who_called_this
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: from this moment, text, '2026-11-20T08:00:00Z'
-- parameter: to this moment, text, '2026-11-20T18:00:00Z'
-- parameter: name of the event, text, 'StopLogging'
SELECT
  eventtime,
  eventsource,
  coalesce(errorcode, 'success') AS outcome,
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.accountid, 'unknown') AS principal,
  sourceipaddress,
  useragent,
  requestparameters,
  requestid
FROM cloudtrail_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND eventtime BETWEEN ? AND ?
  AND eventname = ?
ORDER BY eventtime, requestid
