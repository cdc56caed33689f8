// SPDX-License-Identifier: Apache-2.0
// The four levels that somebody can have on an integration, in words.
import type { Level, Through } from '../api/access';
import { Select } from './field';
import { plain } from './text';

const told: Record<Level, [string, string]> = {
  MANAGE: ['Manage', 'Sees it, uses and grants it, edits it, sets its permissions, deletes it.'],
  USE_ONLY: ['Use', 'Sees it, names it in pipelines, and grants it to a run that was denied.'],
  DELETE_ONLY: ['None (Delete-only)', 'Can’t use or change it. An administrator still sees it and can delete it.'],
  DENIED: ['None (Deny)', 'Doesn’t see it anywhere; no message tells its name.'],
};

export const levelWord = (level: string) => told[level as Level]?.[0] ?? level;
export const levelMeans = (level: string) => told[level as Level]?.[1] ?? '';
export const levels = ['MANAGE', 'USE_ONLY', 'DELETE_ONLY', 'DENIED'] as const;
// Administrators are never below Delete-only: somebody must be able to remove it.
export const adminLevels = ['MANAGE', 'USE_ONLY', 'DELETE_ONLY'] as const;

export function LevelSelect({ value, onChange, of, among = levels, disabled = false }:
  { value: Level; onChange: (level: Level) => void; of: string; among?: readonly Level[]; disabled?: boolean }) {
  return <Select aria-label={`Level of ${of}`} value={value} onChange={(v) => onChange(v as Level)} disabled={disabled}
    choices={among.map((level) => ({ value: level, label: levelWord(level) }))} />;
}

export function Level({ level }: { level: string }) {
  const tone = level === 'MANAGE' ? 'tone-good' : level === 'USE_ONLY' ? 'tone-run' : 'tone-idle';
  return <span class={`status pill bare ${tone}`}>{levelWord(level)}</span>;
}

// Through which row somebody has their level.
export function throughWords(through: Through): string {
  switch (through.row) {
    case 'admins': return 'the row Administrators';
    case 'user': return 'their own row';
    case 'group': return `the group ${plain(through.group?.name ?? '', 60)}`;
    case 'others': return 'the row Everybody else';
  }
}
