-- SPDX-License-Identifier: Apache-2.0
-- The files of action types that a run uses, as they were: a retry reads them anew with its definition.
CREATE TABLE run_type_files (run {int} NOT NULL, position {int} NOT NULL, own {int} NOT NULL, name TEXT NOT NULL,
    text TEXT NOT NULL, PRIMARY KEY (run, position)) {strict};
