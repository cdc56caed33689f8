-- SPDX-License-Identifier: Apache-2.0
-- What a run was checked out from, and what had changed since the last success: a retry decides the same.
ALTER TABLE runs ADD COLUMN repository TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN changes TEXT NOT NULL DEFAULT '';
