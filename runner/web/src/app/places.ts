// SPDX-License-Identifier: Apache-2.0
// Workspaces and projects that the reader may see, asked once for the whole page.
import { all } from '../api/http';
import { own, workspaceAt } from '../api/paths';
import type { Project, Workspace } from '../api/types';
import { changes, useLoad } from './load';
import { useStore } from './store';
import { useEffect, useRef } from 'preact/hooks';

export const useWorkspaces = () =>
  useLoad<Workspace[]>('/workspaces?page=1', (signal) => all<Workspace>('/workspaces', 'workspaces', signal));

export function useProjects(workspace: string | undefined) {
  const path = workspace === undefined ? null : `${workspaceAt(workspace)}/projects`;
  const loaded = useLoad<Project[]>(path, (signal) => all<Project>(path ?? '', 'projects', signal));
  // One that was made is there at once, wherever projects are listed.
  const changed = useStore(changes);
  const seen = useRef(changed);
  useEffect(() => {
    if (seen.current === changed) return;
    seen.current = changed;
    void loaded.reload();
  }, [changed]);
  return loaded;
}

interface Inbox { executions: unknown[]; access_requests: { mine: boolean }[] }

// How many things wait for the reader. Looked at now and then, while somebody looks at the page.
export function useWaiting(workspace: string | undefined): number | undefined {
  const loaded = useLoad<Inbox>(workspace === undefined ? null : own(`${workspaceAt(workspace)}/waiting`));
  const changed = useStore(changes);
  useEffect(() => { if (changed > 0) void loaded.reload(); }, [changed]);
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') void loaded.reload(); }, 60_000);
    return () => clearInterval(timer);
  }, [loaded.reload]);
  return loaded.data ? loaded.data.executions.length + loaded.data.access_requests.filter((r) => !r.mine).length : undefined;
}
