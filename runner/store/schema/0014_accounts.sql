-- SPDX-License-Identifier: Apache-2.0
-- Further addresses and public keys of people, how a workspace's members sign in elsewhere, and what a pipeline's badge is asked for by.
CREATE TABLE user_emails (
    user_id {int} NOT NULL REFERENCES users (id), email TEXT NOT NULL, email_folded TEXT NOT NULL, confirmed {int} NOT NULL DEFAULT 0,
    added_at {int} NOT NULL, PRIMARY KEY (user_id, email_folded)) {strict};
CREATE TABLE user_keys (
    id {id}, user_id {int} NOT NULL REFERENCES users (id), title TEXT NOT NULL, content TEXT NOT NULL, fingerprint TEXT NOT NULL,
    created_at {int} NOT NULL) {strict};
CREATE UNIQUE INDEX user_keys_fingerprint ON user_keys (user_id, fingerprint);
CREATE TABLE sign_on (
    workspace {int} NOT NULL PRIMARY KEY REFERENCES workspaces (id), enabled {int} NOT NULL, settings TEXT NOT NULL,
    changed_at {int} NOT NULL) {strict};
CREATE TABLE badges (pipeline {int} NOT NULL PRIMARY KEY REFERENCES pipelines (id), token TEXT NOT NULL UNIQUE) {strict};
