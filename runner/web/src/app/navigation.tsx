// SPDX-License-Identifier: Apache-2.0
// The side of the page: the workspace, what it holds, its projects, and who is signed in.
import { signOut, standing } from '../api/session';
import { Button } from '../parts/button';
import { Select } from '../parts/field';
import { Icon, KeyMark, type IconName } from '../parts/icon';
import { plain } from '../parts/text';
import { home, projectPage, workspacePage } from './addresses';
import { useSeesAgents } from './me';
import { useProjects, useWaiting, useWorkspaces } from './places';
import { go } from './router';
import { helpShown } from './shortcuts';
import { useStore } from './store';
import { setTheme, theme, type Theme } from './theme';
import { useWhere } from './where';

interface Entry { icon: IconName; label: string; href: string; count?: number | undefined }

function Entries({ title, entries, here }: { title?: string; entries: Entry[]; here: string }) {
  // The longest address that the present one lies below is where we are.
  const current = entries.filter((e) => here === e.href || here.startsWith(`${e.href}/`))
    .sort((a, b) => b.href.length - a.href.length)[0];
  return (
    <div>
      {title ? <h2>{title}</h2> : null}
      <ul>
        {entries.map((e) => (
          <li key={e.href}>
            <a href={e.href} aria-current={e === current ? 'page' : undefined}>
              <Icon name={e.icon} /><span>{e.label}</span>
              {e.count ? <span class="count" aria-label={`${e.count} waiting`}>{e.count}</span> : null}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function entriesOf(workspace: string, waiting: number | undefined, agents: boolean): Entry[] {
  const at = (rest: string) => workspacePage(workspace, rest);
  return [
    { icon: 'runs', label: 'Runs', href: at('runs') },
    { icon: 'inbox', label: 'Approvals', href: at('approvals'), count: waiting },
    { icon: 'key', label: 'Integrations', href: at('integrations') },
    { icon: 'question', label: 'Why', href: at('why') },
    { icon: 'people', label: 'People', href: at('people') },
    ...(agents ? [{ icon: 'agent' as const, label: 'Agents', href: at('agents') }] : []),
    { icon: 'audit', label: 'Audit', href: at('audit') },
    { icon: 'settings', label: 'Settings', href: at('settings') },
  ];
}

function ThemeSwitch() {
  const now = useStore(theme);
  const label = { system: 'Colours of the system', light: 'Light', dark: 'Dark' };
  return <Select aria-label="Colours" value={now} onChange={(v) => setTheme(v as Theme)}
    choices={(Object.keys(label) as Theme[]).map((value) => ({ value, label: label[value] }))} />;
}

export function Navigation({ workspace }: { workspace: string | undefined }) {
  const who = useStore(standing);
  const here = useWhere().path;
  const workspaces = useWorkspaces();
  const projects = useProjects(workspace);
  const waiting = useWaiting(workspace);
  const agents = useSeesAgents(workspace);
  const known = workspaces.data ?? [];
  return (
    <aside class="side" aria-label="Workspace and you">
      <a class="brand" href={home}><KeyMark />Latchkey</a>
      {known.length > 1 || (known.length === 1 && workspace === undefined)
        ? <Select aria-label="Workspace" value={workspace ?? ''} onChange={(domain) => go(domain === '' ? home : workspacePage(domain))}
            choices={[...(workspace === undefined ? [{ value: '', label: 'Choose a workspace' }] : []),
              ...known.map((w) => ({ value: w.domain, label: plain(w.name, 40) }))]} />
        : null}
      <nav aria-label="Latchkey">
        {workspace ? <Entries entries={entriesOf(workspace, waiting, agents)} here={here} /> : null}
        {workspace && projects.data
          ? <Entries title="Projects" here={here} entries={[
              ...projects.data.map((p) => ({ icon: 'project' as const, label: plain(p.display_name, 40), href: projectPage(workspace, p.name) })),
            ]} />
          : null}
        {workspace && projects.data?.length === 0 ? <p class="small dim who">No projects yet</p> : null}
      </nav>
      <div class="bottom">
        {who.state === 'in' ? <p class="who small dim" title={plain(who.session.user.email)}><bdi>{plain(who.session.user.name || who.session.user.email, 60)}</bdi></p> : null}
        <div class="row between">
          {who.state === 'in' ? <Button kind="quiet" onClick={signOut}>Sign out</Button> : null}
          <Button kind="quiet" label="Keyboard shortcuts" title="Keyboard shortcuts (?)" class="icon-only" onClick={() => helpShown.set(true)}><kbd>?</kbd></Button>
        </div>
        <ThemeSwitch />
      </div>
    </aside>
  );
}
