-- SPDX-License-Identifier: Apache-2.0
-- What each action of a run may use at most, as it was asked for: name and value pairs.
ALTER TABLE runs ADD COLUMN limits TEXT NOT NULL DEFAULT '';
