-- SPDX-License-Identifier: Apache-2.0
-- What happened and is still to be told to others: written with what happened, gone once deliveries have been made of it. And the commits whose status is to be
-- told to their forge: a row a run, due from next_try on until what it waits for (`notice`, the newest) was told.
-- And what finds the next delivery of each webhook, however many wait for one that does not answer.
CREATE TABLE notices (
    id {id}, project {int} NOT NULL, kind TEXT NOT NULL, run {int} NOT NULL, attempt {int} NOT NULL, status TEXT NOT NULL, event TEXT NOT NULL,
    at {int} NOT NULL) {strict};
CREATE TABLE commit_statuses (
    run {int} NOT NULL PRIMARY KEY, notice {int} NOT NULL, tries {int} NOT NULL, sending {int} NOT NULL, next_try {int} NOT NULL) {strict};
CREATE INDEX commit_statuses_due ON commit_statuses (next_try);
CREATE INDEX deliveries_open ON deliveries (webhook, next_try, id) WHERE state < 2;
CREATE INDEX deliveries_sending ON deliveries (webhook, next_try) WHERE state = 1;
CREATE INDEX deliveries_done ON deliveries (webhook, posted_at, id) WHERE state >= 2;
