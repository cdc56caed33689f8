-- SPDX-License-Identifier: Apache-2.0
-- How many audit entries were ever written, and the hash of the last: an end that was cut off shows.
CREATE TABLE audit_head (id {int} NOT NULL PRIMARY KEY CHECK (id = 1), entries {int} NOT NULL, hash TEXT NOT NULL) {strict};
INSERT INTO audit_head (id, entries, hash)
    SELECT 1, count(*), coalesce((SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1), '') FROM audit;
