-- SPDX-License-Identifier: Apache-2.0
-- What people look at all day: when each run was last changed (a number that only grows), which integration an entry of the audit log is
-- about (the hash does not cover it, and up to the time of that counter entries do not say), and who has asked for which permission (state 0 open, 1 granted, 2 dismissed, 3 withdrawn).
ALTER TABLE runs ADD COLUMN changed {int} NOT NULL DEFAULT 0;
CREATE INDEX runs_changed ON runs (changed);
CREATE INDEX runs_project ON runs (project, id);
INSERT INTO counters (name, value) VALUES ('change', 0);
ALTER TABLE audit ADD COLUMN integration {int} NOT NULL DEFAULT 0;
INSERT INTO counters (name, value) SELECT 'integrations audited after', COALESCE(MAX(at), 0) FROM audit;
CREATE INDEX audit_integration ON audit (integration, sequence) WHERE integration <> 0;
CREATE TABLE access_requests (
    id {id}, workspace {int} NOT NULL, run {int} NOT NULL REFERENCES runs (id), pipeline {int} NOT NULL, integration {int} NOT NULL,
    asked_by {int} NOT NULL, asked_at {int} NOT NULL, note TEXT NOT NULL, state {int} NOT NULL DEFAULT 0, closed_by {int} NOT NULL DEFAULT 0,
    closed_at {int}) {strict};
CREATE INDEX access_requests_workspace ON access_requests (workspace, id);
CREATE INDEX access_requests_asker ON access_requests (asked_by, asked_at);
CREATE UNIQUE INDEX access_requests_open ON access_requests (integration, pipeline, asked_by) WHERE state = 0;
