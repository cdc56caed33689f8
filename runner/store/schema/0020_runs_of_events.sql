-- SPDX-License-Identifier: Apache-2.0
-- The event of a repository (repository_events, whose numbers are never given twice) that a run was made for, or 0. However often it is dealt with, a pipeline has
-- one run of it.
ALTER TABLE runs ADD COLUMN repository_event {int} NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX runs_of_event ON runs (repository_event, pipeline) WHERE repository_event <> 0;
