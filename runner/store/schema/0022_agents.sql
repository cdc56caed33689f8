-- SPDX-License-Identifier: Apache-2.0
-- Who executes actions for the server: known by public keys (in hex), told what to do in its pool. `tags` are a list. One that was removed stays as a row, so that
-- its number means nobody else. And the one-time tokens by which they come: what the token's owner becomes.
CREATE TABLE agents (
    id {id}, name TEXT NOT NULL, pool TEXT NOT NULL, tags TEXT NOT NULL, cpu TEXT NOT NULL, capacity {int} NOT NULL, signing_key TEXT NOT NULL,
    sealing_key TEXT NOT NULL, version TEXT NOT NULL, draining {int} NOT NULL, created_at {int} NOT NULL, last_seen_at {int}, removed_at {int}) {strict};
CREATE UNIQUE INDEX agents_by_name ON agents (name) WHERE removed_at IS NULL;
CREATE TABLE agent_registrations (
    token_hash TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, pool TEXT NOT NULL, tags TEXT NOT NULL, created_by {int} NOT NULL, created_at {int} NOT NULL,
    expires_at {int} NOT NULL) {strict};
