// SPDX-License-Identifier: Apache-2.0
// What the API answers, as far as the page reads it.

export interface Workspace { id: number; name: string; domain: string }

export interface Project {
  name: string;  // its handle, in addresses
  display_name: string;
  status: string;
  create_date?: string;
  http_repository?: string | null;
  ssh_repository?: string | null;
  default_branch?: string;
  on_missing_permissions?: 'fail' | 'wait';
  without_repository?: boolean;
}

export interface Person { id: number; name: string; email?: string | null }

export interface Named { name: string }
