-- SPDX-License-Identifier: Apache-2.0
-- Which images stand in for those that a run's pipeline names: pattern and image pairs.
ALTER TABLE runs ADD COLUMN images TEXT NOT NULL DEFAULT '';
