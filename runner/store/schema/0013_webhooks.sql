-- SPDX-License-Identifier: Apache-2.0
-- Webhooks, and what is to be sent to them: a delivery waits (state 0), is being sent (1) until next_try, or is done (2, 3).
CREATE TABLE webhooks (
    id {id}, workspace {int} NOT NULL REFERENCES workspaces (id), target TEXT NOT NULL, events TEXT NOT NULL, created_at {int} NOT NULL,
    changed_at {int} NOT NULL) {strict};
CREATE TABLE webhook_projects (
    webhook {int} NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE, project {int} NOT NULL, PRIMARY KEY (webhook, project)) {strict};
CREATE TABLE deliveries (
    id {id}, webhook {int} NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE, event TEXT NOT NULL, body TEXT NOT NULL,
    tries {int} NOT NULL DEFAULT 0, state {int} NOT NULL DEFAULT 0, next_try {int} NOT NULL, created_at {int} NOT NULL, posted_at {int},
    response TEXT NOT NULL DEFAULT '') {strict};
CREATE INDEX deliveries_due ON deliveries (next_try) WHERE state < 2;
CREATE INDEX deliveries_webhook ON deliveries (webhook, posted_at);
