-- SPDX-License-Identifier: Apache-2.0
-- Which workspace an entry is about, to find it by. The hash does not cover it. 0: the whole store.
ALTER TABLE audit ADD COLUMN workspace {int} NOT NULL DEFAULT 0;
CREATE INDEX audit_workspace ON audit (workspace, sequence);
