-- What the printer's counters said before a job's first byte, and the cut-off of its order, by which jobs wait.
ALTER TABLE print_jobs ADD COLUMN mark TEXT NOT NULL DEFAULT '';
ALTER TABLE print_jobs ADD COLUMN cutoff_at INTEGER;
-- As the fold has it: the cut-off of the last revision before the waybill was voided or a further copy was queued.
UPDATE print_jobs SET cutoff_at = (
  SELECT json_extract(accepted.data, '$.facts.cutoff_at') FROM journal AS accepted
  WHERE accepted.order_no = print_jobs.order_no AND accepted.type = 'order.accepted'
    AND accepted.row < coalesce((
      SELECT min(ended.row) FROM journal AS ended
      WHERE ended.order_no = print_jobs.order_no
        AND (ended.type = 'waybill.voided'
          OR ended.type = 'label.queued' AND json_extract(ended.data, '$.copy_no') > print_jobs.copy_no)
        AND json_extract(ended.data, '$.waybill') = print_jobs.waybill
    ), 9223372036854775807)
  ORDER BY accepted.row DESC LIMIT 1
);
-- The earliest cut-off first, jobs without one last, then who has waited longest.
DROP INDEX print_jobs_waiting;
CREATE INDEX print_jobs_waiting ON print_jobs (printer, cutoff_at IS NULL, cutoff_at, queued_at, job)
  WHERE state = 'queued';
