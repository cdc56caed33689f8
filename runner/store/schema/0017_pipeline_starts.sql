-- SPDX-License-Identifier: Apache-2.0
-- The address of a pipeline's WEBHOOK event: known by the hash of the token in it, with the secret of its one-time passwords (data_key 0: it asks for none) and the
-- last of them that was taken.
CREATE TABLE pipeline_starts (
    pipeline {int} NOT NULL PRIMARY KEY REFERENCES pipelines (id), project {int} NOT NULL, workspace {int} NOT NULL, hash TEXT NOT NULL UNIQUE, version {int} NOT NULL,
    data_key {int} NOT NULL, sealed TEXT NOT NULL, last_step {int} NOT NULL, made_by {int} NOT NULL, made_at {int} NOT NULL) {strict};
