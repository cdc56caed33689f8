// SPDX-License-Identifier: Apache-2.0
// What the signed-in user is in a workspace, and who else is there. Which buttons are off follows from it; the server
// judges anew in any case.
import type { Group, Member, PermissionSet } from '../api/access';
import { agentsPath } from '../api/agents';
import { all, ApiError } from '../api/http';
import { own, integrationAt, workspaceAt } from '../api/paths';
import { standing } from '../api/session';
import { useLoad } from './load';
import { useStore } from './store';

export function useMyId(): number {
  const who = useStore(standing);
  return who.state === 'in' ? who.session.user.id : 0;
}

export function useMe(workspace: string): Member | undefined {
  const id = useMyId();
  return useLoad<Member>(id === 0 ? null : `${workspaceAt(workspace)}/members/${id}`).data;
}

// Why what only administrators do is off; null: it is not, or it is not known yet.
export function useNotAdministrator(workspace: string): string | null {
  const me = useMe(workspace);
  return me === undefined || me.admin ? null : 'Only administrators of the workspace can do this.';
}

export const useMembers = (workspace: string) => useLoad<Member[]>(`${workspaceAt(workspace)}/members?all`,
  (signal) => all<Member>(`${workspaceAt(workspace)}/members`, 'members', signal));
export const useGroups = (workspace: string) => useLoad<Group[]>(`${workspaceAt(workspace)}/groups?all`,
  (signal) => all<Group>(`${workspaceAt(workspace)}/groups`, 'groups', signal));
export const useRoles = (workspace: string) => useLoad<PermissionSet[]>(`${workspaceAt(workspace)}/permissions?all`,
  (signal) => all<PermissionSet>(`${workspaceAt(workspace)}/permissions`, 'permission_sets', signal));

// Whether the reader manages an integration; null: yes, or not known yet.
export function useNotManager(workspace: string, integration: string): string | null {
  const asked = useLoad<unknown>(own(`${integrationAt(workspace, integration)}/effective?page=1&per_page=1`));
  return asked.error instanceof ApiError && asked.error.status === 403
    ? 'You have Use on this integration; changing it needs Manage.' : null;
}

// Whether there are agents that the reader looks after: those are the server's, and only administrators may be asked.
export function useSeesAgents(workspace: string | undefined): boolean {
  const id = useMyId();
  const me = useLoad<Member>(id === 0 || workspace === undefined ? null : `${workspaceAt(workspace)}/members/${id}`).data;
  return useLoad<unknown>(me?.admin ? agentsPath : null).data !== undefined;
}
