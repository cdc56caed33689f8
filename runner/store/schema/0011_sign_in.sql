-- SPDX-License-Identifier: Apache-2.0
-- How people come in: sessions, known by the hash of their cookie, links that set a password once, and whom another issuer knows them as. And
-- the keys that sign the tokens of runs, their private halves sealed.
CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY, user_id {int} NOT NULL REFERENCES users (id), how TEXT NOT NULL, created_at {int} NOT NULL,
    used_at {int} NOT NULL, confirmed_at {int}) {strict};
CREATE INDEX sessions_user ON sessions (user_id);
CREATE TABLE password_links (
    user_id {int} NOT NULL PRIMARY KEY REFERENCES users (id), hash TEXT NOT NULL UNIQUE, created_by {int} NOT NULL,
    expires_at {int} NOT NULL) {strict};
CREATE TABLE outside_identities (
    issuer TEXT NOT NULL, subject TEXT NOT NULL, user_id {int} NOT NULL REFERENCES users (id), linked_at {int} NOT NULL,
    PRIMARY KEY (issuer, subject)) {strict};
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY, public_key TEXT NOT NULL, data_key {int} NOT NULL, sealed TEXT NOT NULL, made_at {int} NOT NULL,
    retired_at {int}) {strict};
