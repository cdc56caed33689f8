-- SPDX-License-Identifier: Apache-2.0
-- What starts runs without a person: sealed secrets of projects (the login to their repository, those that their hooks share with who sends to them), deliveries that
-- have come, what they told until it is dealt with, and up to when schedules are dealt with.
CREATE TABLE project_secrets (
    project {int} NOT NULL REFERENCES projects (id), name TEXT NOT NULL, version {int} NOT NULL, data_key {int} NOT NULL, sealed TEXT NOT NULL,
    made_by {int} NOT NULL, made_at {int} NOT NULL, PRIMARY KEY (project, name)) {strict};
CREATE TABLE deliveries_seen (hook TEXT NOT NULL, delivery TEXT NOT NULL, at {int} NOT NULL, PRIMARY KEY (hook, delivery)) {strict};
CREATE INDEX deliveries_seen_at ON deliveries_seen (at);
CREATE TABLE repository_events (
    id {id}, project {int} NOT NULL REFERENCES projects (id), actor {int} NOT NULL, event TEXT NOT NULL, told_at {int} NOT NULL,
    tries {int} NOT NULL DEFAULT 0, next_try {int} NOT NULL) {strict};
CREATE INDEX repository_events_due ON repository_events (next_try);
CREATE TABLE schedule_marks (pipeline {int} NOT NULL PRIMARY KEY REFERENCES pipelines (id), events TEXT NOT NULL, seen {int} NOT NULL) {strict};
