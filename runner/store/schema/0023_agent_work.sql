-- SPDX-License-Identifier: Apache-2.0
-- What is to be done at agents: an attempt of a run, that one agent has under a lease until lease_until, renewed while it lives. `fence` grows with every lease that
-- was ever given: who comes with an older one is told no. state: 0 waits, 1 leased, 2 left by a server that died and not known to have ended, 3 over.
CREATE TABLE agent_work (
    id {id}, run {int} NOT NULL, attempt {int} NOT NULL, rank {int} NOT NULL, pool TEXT NOT NULL, cpu TEXT NOT NULL, tags TEXT NOT NULL, state {int} NOT NULL,
    agent {int} NOT NULL, lease TEXT NOT NULL, fence {int} NOT NULL, lease_until {int} NOT NULL, created_at {int} NOT NULL) {strict};
CREATE INDEX agent_work_open ON agent_work (state, rank, id) WHERE state < 3;
CREATE INDEX agent_work_of_run ON agent_work (run) WHERE state < 3;
