// SPDX-License-Identifier: Apache-2.0
// The agents of the server: other machines that execute runs for it.
import { own } from './paths';

export interface Agent {
  id: number;
  name: string;
  pool: string;
  tags: string[];
  capacity: number;
  busy: number;
  version: string;
  state: 'online' | 'offline' | 'draining';
  last_seen: string | null;
  running: { project: string | null; pipeline: string; execution: number; action: string | null }[];
}

export const agentsPath = own('/agents');

// What somebody types: "gpu, fast".
export const tagsIn = (text: string) => [...new Set(text.split(/[\s,]+/).filter((t) => t !== ''))];

export const stateWord = (a: Agent) =>
  (a.state === 'online' ? (a.busy > 0 ? 'Busy' : 'Ready') : a.state === 'draining' ? 'Takes no more' : 'Offline');
