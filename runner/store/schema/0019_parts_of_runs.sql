-- SPDX-License-Identifier: Apache-2.0
-- Which actions a run is to execute, where not all of them, and the commit that its changes are told from.
ALTER TABLE runs ADD COLUMN only_actions TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN base TEXT NOT NULL DEFAULT '';
