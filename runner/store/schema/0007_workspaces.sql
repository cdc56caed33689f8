-- SPDX-License-Identifier: Apache-2.0
-- Teams: workspaces with their members, groups, permission sets and projects. What was there belongs to workspace 1, which is this
-- machine's. A workspace that was removed keeps its rows, so that the audit log and old runs can be read.
CREATE TABLE workspaces (
    id {id}, domain TEXT NOT NULL UNIQUE, name TEXT NOT NULL, owner {int} NOT NULL REFERENCES users (id),
    created_at {int} NOT NULL, removed_at {int}) {strict};
INSERT INTO workspaces (domain, name, owner, created_at) VALUES ('local', 'This machine', 1, 0);
CREATE TABLE members (
    workspace {int} NOT NULL REFERENCES workspaces (id), user_id {int} NOT NULL REFERENCES users (id), role {int} NOT NULL,
    auto_assign {int} NOT NULL DEFAULT 0, auto_set {int} NOT NULL DEFAULT 0, joined_at {int} NOT NULL,
    PRIMARY KEY (workspace, user_id)) {strict};
CREATE INDEX members_user ON members (user_id);
INSERT INTO members (workspace, user_id, role, joined_at) SELECT 1, id, role, 0 FROM users;
ALTER TABLE users DROP COLUMN role;
ALTER TABLE users ADD COLUMN email_folded TEXT NOT NULL DEFAULT '';
UPDATE users SET email_folded = lower(email);
CREATE UNIQUE INDEX users_email ON users (email_folded) WHERE email_folded <> '';
CREATE TABLE passwords (user_id {int} NOT NULL PRIMARY KEY REFERENCES users (id), hash TEXT NOT NULL, changed_at {int} NOT NULL) {strict};
CREATE TABLE user_groups (
    id {id}, workspace {int} NOT NULL REFERENCES workspaces (id), name TEXT NOT NULL, description TEXT NOT NULL,
    auto_assign {int} NOT NULL DEFAULT 0, auto_set {int} NOT NULL DEFAULT 0) {strict};
CREATE UNIQUE INDEX user_groups_name ON user_groups (workspace, name);
CREATE TABLE group_members (
    group_id {int} NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE, user_id {int} NOT NULL REFERENCES users (id),
    manager {int} NOT NULL DEFAULT 0, PRIMARY KEY (group_id, user_id)) {strict};
CREATE INDEX group_members_user ON group_members (user_id);
CREATE TABLE permission_sets (
    id {id}, workspace {int} NOT NULL REFERENCES workspaces (id), name TEXT NOT NULL, description TEXT NOT NULL,
    type TEXT NOT NULL, pipeline_level {int} NOT NULL, levels TEXT NOT NULL) {strict};
CREATE UNIQUE INDEX permission_sets_name ON permission_sets (workspace, name);
INSERT INTO permission_sets (workspace, name, description, type, pipeline_level, levels) VALUES
    (1, 'Project manager', 'Everything in the project, its team too', 'PROJECT_MANAGER', 4, ''),
    (1, 'Developer', 'Everything in the project but its team', 'DEVELOPER', 4, ''),
    (1, 'Viewer', 'Looks, and changes nothing', 'READ_ONLY', 2, '');
ALTER TABLE projects ADD COLUMN workspace {int} NOT NULL DEFAULT 1;
ALTER TABLE projects ADD COLUMN handle TEXT NOT NULL DEFAULT '';
ALTER TABLE projects ADD COLUMN settings TEXT NOT NULL DEFAULT '';
ALTER TABLE projects ADD COLUMN created_by {int} NOT NULL DEFAULT 0;
ALTER TABLE projects ADD COLUMN created_at {int} NOT NULL DEFAULT 0;
ALTER TABLE projects ADD COLUMN removed_at {int};
CREATE UNIQUE INDEX projects_handle ON projects (workspace, handle) WHERE handle <> '' AND removed_at IS NULL;
CREATE TABLE project_members (
    project {int} NOT NULL REFERENCES projects (id), is_group {int} NOT NULL, holder {int} NOT NULL,
    permission_set {int} NOT NULL REFERENCES permission_sets (id), PRIMARY KEY (project, is_group, holder)) {strict};
CREATE INDEX project_members_holder ON project_members (is_group, holder);
ALTER TABLE pipelines ADD COLUMN others {int} NOT NULL DEFAULT 0;
ALTER TABLE pipelines ADD COLUMN settings TEXT NOT NULL DEFAULT '';
ALTER TABLE pipelines ADD COLUMN definition TEXT NOT NULL DEFAULT '';
ALTER TABLE pipelines ADD COLUMN created_by {int} NOT NULL DEFAULT 0;
ALTER TABLE pipelines ADD COLUMN created_at {int} NOT NULL DEFAULT 0;
ALTER TABLE pipelines ADD COLUMN changed_at {int} NOT NULL DEFAULT 0;
CREATE TABLE pipeline_rows (
    pipeline {int} NOT NULL REFERENCES pipelines (id), is_group {int} NOT NULL, holder {int} NOT NULL, level {int} NOT NULL,
    PRIMARY KEY (pipeline, is_group, holder)) {strict};
ALTER TABLE integrations ADD COLUMN workspace {int} NOT NULL DEFAULT 1;
DROP INDEX integrations_identifier;
CREATE UNIQUE INDEX integrations_identifier ON integrations (workspace, scope, project, identifier_folded);
CREATE TABLE access_tokens (
    id TEXT NOT NULL PRIMARY KEY, user_id {int} NOT NULL REFERENCES users (id), hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    scopes TEXT NOT NULL, addresses TEXT NOT NULL, workspaces TEXT NOT NULL, created_at {int} NOT NULL, created_by {int} NOT NULL,
    expires_at {int}, used_at {int}) {strict};
CREATE INDEX access_tokens_user ON access_tokens (user_id);
