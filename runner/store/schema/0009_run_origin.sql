-- SPDX-License-Identifier: Apache-2.0
-- What started a run of a server, and how it is to be queued.
ALTER TABLE runs ADD COLUMN origin TEXT NOT NULL DEFAULT '';
