// SPDX-License-Identifier: Apache-2.0
// What the API answers of integrations, people and the audit log, as far as the page reads it.

export type Level = 'DENIED' | 'DELETE_ONLY' | 'USE_ONLY' | 'MANAGE';

export interface Row { id: number; access_level: Level }

export interface Permissions { admins: Level; others: Level; users: Row[]; groups: Row[] }

export interface Integration {
  hash_id: string;
  identifier: string;
  name: string;
  type: string;
  auth_type: string;
  scope: 'WORKSPACE' | 'PROJECT';
  project_name: string | null;
  all_pipelines_allowed: boolean;
  demanded_to_grant: Level;
  permissions: Permissions;
  allowed_pipelines: { id: number; name: string }[];
  [setting: string]: unknown;
}

export interface TypeField { name: string; secret: boolean; required: boolean; help: string }

export interface IntegrationType {
  type: string;
  title: string;
  fields: TypeField[];
  alternatives: string[][];
  delivers: string[];
  can_be_tested: boolean;
}

export interface Person { id: number; name: string; email?: string | null }

export interface Member extends Person { admin: boolean; workspace_owner: boolean }

export interface GroupMember extends Member { status: 'MANAGER' | 'MEMBER' }

export interface Group { id: number; name: string; description: string | null }

export type PipelineLevel = 'DENIED' | 'READ_ONLY' | 'RUN_ONLY' | 'READ_WRITE';

export interface PermissionSet {
  id: number;
  name: string;
  description: string | null;
  type: string;
  pipeline_access_level: PipelineLevel;
  project_team_access_level: string | null;
  environment_access_level: string | null;
}

export interface ProjectRole { id: number; name: string; email?: string | null; permission_set: PermissionSet }

export interface RunLink { id: number; html_url: string }

export interface Grant {
  pipeline: { id: number; name: string; project_name: string };
  granted_by: Person | null;
  granted_at: string;
  expires_at: string | null;
  ref: string | null;
  only_execution: number | null;
  from_execution?: RunLink | null;
}

export interface Through { row: 'admins' | 'user' | 'group' | 'others'; group: { id: number; name: string } | null; level: Level }

export interface Effective { user: Person; level: Level; through: Through; role: 'owner' | 'administrator' | 'member' }

export interface Usage {
  date: string;
  actor: Person | null;
  kind: 'decision' | 'secret_opened';
  allowed: boolean;
  verdict: string;
  pipeline: { id: number; name: string } | null;
  project: { name: string } | null;
  execution: RunLink | null;
  subject: string;
}

export interface AuditEntry {
  sequence: number;
  date: string;
  kind: string;
  actor: Person | null;
  revision: number;
  facts: Record<string, string>;
  // What is still there of what it is about; for administrators of the workspace.
  about?: {
    integration?: { name: string; hash_id: string };
    pipeline?: { id: number; name: string };
    project?: { name: string; display_name: string };
    execution?: number;
  };
  hash: string;
}

export interface UsedBy { pipelines: { pipeline: { id: number; name: string }; project: { name: string }; actions: string[] }[]; hidden: number }

export interface Preview {
  since: string;
  pipelines: { pipeline: { id: number; name: string }; project: { name: string }; uses: number; last_used: string }[];
}

export interface Why {
  decision: number;
  revision: number;
  allowed: boolean;
  verdict: string;
  pipeline: string;
  integration: string;
  ref: string | null;
  rules: { rule: string; passed: boolean; settles: boolean; finding: string }[];
  can_grant: { id: number; who: string; level: string }[];
  user?: { person: Person; level: Level; through: Through; may_grant: boolean; why_not: string | null };
}

export interface AccessToken { id: string; name: string; expires_at: string | null; scopes: string[]; workspace_restrictions: string[] }

export interface Webhook {
  id: number;
  target_url: string;
  projects: string[];
  events: string[];
  requests?: { post_date: string | null; response_status: string | null }[];
}

export interface Variable { id: number; key: string; value: string; type: string; encrypted: boolean; settable: boolean; description: string | null }

export interface SignOn {
  type: string;
  sso_provider_type: string | null;
  sso_url: string | null;
  issuer: string | null;
  client_id: string | null;
  require_sso_for_all_members: boolean;
}

export interface PipelineRow { id: number; name: string }
