-- SPDX-License-Identifier: Apache-2.0
-- Variables of workspaces, projects, pipelines and environments (by level, with the number of what owns them, 0 for the workspace), environments, and what
-- is kept sealed for any owner but an integration.
CREATE TABLE sealed_values (
    kind {int} NOT NULL, owner {int} NOT NULL, name TEXT NOT NULL, version {int} NOT NULL, data_key {int} NOT NULL, sealed TEXT NOT NULL,
    PRIMARY KEY (kind, owner)) {strict};
CREATE TABLE environments (
    id {id}, hash_id TEXT NOT NULL UNIQUE, workspace {int} NOT NULL REFERENCES workspaces (id), project {int} NOT NULL, name TEXT NOT NULL,
    identifier TEXT NOT NULL, others {int} NOT NULL, settings TEXT NOT NULL, created_by {int} NOT NULL, created_at {int} NOT NULL,
    changed_at {int} NOT NULL) {strict};
CREATE UNIQUE INDEX environments_identifier ON environments (workspace, project, identifier);
CREATE TABLE environment_rows (
    environment {int} NOT NULL REFERENCES environments (id) ON DELETE CASCADE, is_group {int} NOT NULL, holder {int} NOT NULL,
    level {int} NOT NULL, PRIMARY KEY (environment, is_group, holder)) {strict};
CREATE TABLE variables (
    id {id}, workspace {int} NOT NULL REFERENCES workspaces (id), level {int} NOT NULL, owner {int} NOT NULL, name TEXT NOT NULL,
    type TEXT NOT NULL, value TEXT NOT NULL, encrypted {int} NOT NULL, settable {int} NOT NULL, description TEXT NOT NULL,
    settings TEXT NOT NULL, created_at {int} NOT NULL, changed_at {int} NOT NULL) {strict};
CREATE UNIQUE INDEX variables_name ON variables (workspace, level, owner, name);
