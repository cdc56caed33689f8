// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from '../../api/access';
import { integrationAt, own } from '../../api/paths';
import { Entries } from '../../parts/audit_entries';
import { nextOf, OlderButton, useOlder } from '../../parts/older';
import { Empty, Notice, Problem, Waiting } from '../../parts/states';
import type { TabProps } from './tab';

export function AuditTab({ workspace, of }: TabProps) {
  const list = useOlder<AuditEntry>(own(`${integrationAt(workspace, of.hash_id)}/audit`), 'entries', 50, nextOf);
  if (list.error?.status === 403) return <Notice icon="lock">You have Use on this integration; its audit needs Manage.</Notice>;
  if (list.error && !list.items) return <Problem error={list.error} again={list.reload} />;
  if (!list.items) return <Waiting />;
  if (list.items.length === 0) return <Empty icon="audit" title="Nothing is written of it yet" />;
  return <div class="stack"><Entries of={list.items} workspace={workspace} without="integration" /><OlderButton of={list} /></div>;
}
