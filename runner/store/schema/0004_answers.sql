-- SPDX-License-Identifier: Apache-2.0
-- What people answered to an action that waits for an approval or for values. Its executor looks for it.
CREATE TABLE answers (run {int} NOT NULL, attempt {int} NOT NULL, action {int} NOT NULL, accepted {int} NOT NULL,
    actor {int} NOT NULL, at {int} NOT NULL, variables TEXT NOT NULL, PRIMARY KEY (run, attempt, action)) {strict};
