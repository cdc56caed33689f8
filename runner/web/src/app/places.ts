// SPDX-License-Identifier: Apache-2.0
// Workspaces and projects that the reader may see, asked once for the whole page.
import { all, get } from '../api/http';
import { own, workspaceAt } from '../api/paths';
import type { Project, Workspace } from '../api/types';
import { changes, useLoad } from './load';
import { useStore } from './store';
import { useEffect } from 'preact/hooks';

export const useWorkspaces = () =>
  useLoad<Workspace[]>('/workspaces?page=1', (signal) => all<Workspace>('/workspaces', 'workspaces', signal));

export function useProjects(workspace: string | undefined) {
  const path = workspace === undefined ? null : `${workspaceAt(workspace)}/projects`;
  return useLoad<Project[]>(path, (signal) => all<Project>(path ?? '', 'projects', signal));
}

// How many things wait for somebody; a server that does not say so shows no number.
export function useWaiting(workspace: string | undefined): number | undefined {
  const path = workspace === undefined ? null : own(`${workspaceAt(workspace)}/waiting?per_page=1`);
  const loaded = useLoad<{ total?: number }>(path, () => get<{ total?: number }>(path ?? '').catch(() => ({})));
  const changed = useStore(changes);
  useEffect(() => { if (changed > 0) void loaded.reload(); }, [changed]);
  return loaded.data?.total;
}
