-- SPDX-License-Identifier: Apache-2.0
-- Logs of actions that lie in an object store now: in which (its place), under which key, and how long each is. Written before the file on the server's disk is
-- removed, and removed after the object is.
CREATE TABLE moved_logs (
    run {int} NOT NULL REFERENCES runs (id), attempt {int} NOT NULL, action {int} NOT NULL, place TEXT NOT NULL, object TEXT NOT NULL, size {int} NOT NULL,
    PRIMARY KEY (run, attempt, action)) {strict};
