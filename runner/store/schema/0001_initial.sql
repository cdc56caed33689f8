-- SPDX-License-Identifier: Apache-2.0
-- The words in braces are put in by the database that the schema is for. 0 stands for "none" in references that
-- outlive what they name. Real references are foreign keys.
CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value {int} NOT NULL) {strict};
INSERT INTO counters (name, value) VALUES ('revision', 1), ('decision', 0);
CREATE TABLE users (id {id}, email TEXT NOT NULL, name TEXT NOT NULL, role {int} NOT NULL) {strict};
INSERT INTO users (email, name, role) VALUES ('', '', 2);
CREATE TABLE projects (id {id}, root TEXT NOT NULL UNIQUE, name TEXT NOT NULL, runs {int} NOT NULL DEFAULT 0) {strict};
CREATE TABLE pipelines (
    id {id}, project {int} NOT NULL REFERENCES projects (id), file TEXT NOT NULL, name TEXT NOT NULL,
    retired {int} NOT NULL DEFAULT 0) {strict};
CREATE UNIQUE INDEX pipelines_living ON pipelines (project, file, name) WHERE retired = 0;
CREATE TABLE integrations (
    id {id}, hash_id TEXT NOT NULL UNIQUE, identifier TEXT NOT NULL, identifier_folded TEXT NOT NULL, name TEXT NOT NULL,
    type TEXT NOT NULL, auth_type TEXT NOT NULL, scope {int} NOT NULL, project {int} NOT NULL,
    all_pipelines {int} NOT NULL, admins {int} NOT NULL, others {int} NOT NULL, demanded {int} NOT NULL,
    settings TEXT NOT NULL, created_at {int} NOT NULL, changed_at {int} NOT NULL) {strict};
CREATE UNIQUE INDEX integrations_identifier ON integrations (scope, project, identifier_folded);
CREATE TABLE integration_rows (
    integration {int} NOT NULL REFERENCES integrations (id) ON DELETE CASCADE, is_group {int} NOT NULL,
    holder {int} NOT NULL, level {int} NOT NULL, PRIMARY KEY (integration, is_group, holder)) {strict};
CREATE TABLE integration_fields (
    integration {int} NOT NULL REFERENCES integrations (id) ON DELETE CASCADE, place {int} NOT NULL, name TEXT NOT NULL,
    version {int} NOT NULL, data_key {int} NOT NULL, sealed TEXT NOT NULL, PRIMARY KEY (integration, name)) {strict};
CREATE TABLE data_keys (id {int} NOT NULL PRIMARY KEY, wrapped TEXT NOT NULL) {strict};
CREATE TABLE grants (
    id {id}, integration {int} NOT NULL REFERENCES integrations (id), pipeline {int} NOT NULL REFERENCES pipelines (id),
    granted_by {int} NOT NULL REFERENCES users (id), granted_at {int} NOT NULL, from_run {int} NOT NULL, expires {int},
    ref_pattern TEXT NOT NULL, only_run {int} NOT NULL) {strict};
CREATE INDEX grants_pair ON grants (integration, pipeline);
CREATE INDEX grants_pipeline ON grants (pipeline);
CREATE TABLE runs (
    id {id}, number {int} NOT NULL, project {int} NOT NULL REFERENCES projects (id),
    pipeline {int} NOT NULL REFERENCES pipelines (id), actor {int} NOT NULL, created_at {int} NOT NULL,
    file TEXT NOT NULL, yaml TEXT NOT NULL, commit_id TEXT NOT NULL, dirty {int} NOT NULL, ref_type {int} NOT NULL,
    ref_name TEXT NOT NULL, trust {int} NOT NULL, fork_approved_by {int} NOT NULL, comment TEXT NOT NULL,
    backend TEXT NOT NULL, workspace TEXT NOT NULL, parameters TEXT NOT NULL, secret_names TEXT NOT NULL) {strict};
CREATE UNIQUE INDEX runs_number ON runs (project, number);
CREATE INDEX runs_pipeline ON runs (pipeline, id);
CREATE TABLE attempts (
    run {int} NOT NULL REFERENCES runs (id), number {int} NOT NULL, status TEXT NOT NULL, is_open {int} NOT NULL,
    actor {int} NOT NULL, created_at {int} NOT NULL, started_at {int}, ended_at {int}, error TEXT NOT NULL,
    reason TEXT NOT NULL, from_action {int} NOT NULL, only_that_action {int} NOT NULL, decided_at {int} NOT NULL,
    last_event {int} NOT NULL DEFAULT 0, PRIMARY KEY (run, number)) {strict};
CREATE UNIQUE INDEX attempts_open ON attempts (run) WHERE is_open = 1;
CREATE TABLE retry_keys (
    idempotency_key TEXT NOT NULL PRIMARY KEY, request TEXT NOT NULL, attempt {int} NOT NULL,
    revision {int} NOT NULL) {strict};
CREATE TABLE events (
    run {int} NOT NULL, attempt {int} NOT NULL, sequence {int} NOT NULL, at {int} NOT NULL, kind TEXT NOT NULL,
    status TEXT NOT NULL, action {int} NOT NULL, reason TEXT NOT NULL, number {int} NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (run, attempt, sequence), FOREIGN KEY (run, attempt) REFERENCES attempts (run, number)) {strict};
CREATE TABLE audit (
    sequence {int} NOT NULL PRIMARY KEY, at {int} NOT NULL, kind TEXT NOT NULL, actor {int} NOT NULL,
    revision {int} NOT NULL, facts TEXT NOT NULL, hash TEXT NOT NULL) {strict};
