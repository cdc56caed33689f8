// SPDX-License-Identifier: Apache-2.0
// Why a pipeline may use an integration or not: the decision as the policy takes it now, with every rule considered.
import type { Why as Answer } from '../api/access';
import { own, pipelineAt, withQuery } from '../api/paths';
import { integrationPage } from '../app/addresses';
import { useLoad } from '../app/load';
import { useMembers } from '../app/me';
import { useProjects } from '../app/places';
import { setQuery } from '../app/router';
import type { PageProps } from '../app/routes';
import { Field, SelectField } from '../parts/field';
import { Icon } from '../parts/icon';
import { Level, throughWords } from '../parts/level';
import { Page } from '../parts/page';
import { usePipelinesOf } from '../parts/pipeline_choice';
import { Empty, Problem, Waiting } from '../parts/states';
import { Name, plain } from '../parts/text';
import { useIntegrations } from './integrations';
import './integration/integration.css';

const rules: Record<string, string> = {
  integration_exists: 'The integration is there', pipeline_exists: 'The pipeline is there', scope_covers: 'Its scope covers the pipeline',
  all_pipelines_allowed: 'All pipelines are allowed', grant: 'The pipeline is on the list', source_is_trusted: 'The run’s source is trusted',
};

function Rules({ of }: { of: Answer }) {
  return (
    <div class="card"><table class="list folds">
      <thead><tr><th scope="col">Rule</th><th scope="col">Finding</th><th scope="col"><span class="hidden-but-read">Settles it</span></th></tr></thead>
      <tbody>
        {of.rules.map((r, i) => (
          <tr key={i}>
            <td class="lead"><span class={`status ${r.passed ? 'tone-good' : 'tone-bad'}`}><Icon name={r.passed ? 'check' : 'close'} />{rules[r.rule] ?? r.rule}<span class="hidden-but-read">{r.passed ? ': yes' : ': no'}</span></span></td>
            <td><Name text={r.finding} /></td>
            <td class="fit">{r.settles ? <span class="strong">This settles it</span> : null}</td>
          </tr>
        ))}
      </tbody>
    </table></div>
  );
}

function Person({ of }: { of: NonNullable<Answer['user']> }) {
  return (
    <div class="card padded stack tight">
      <h2><Name text={of.person.name || of.person.email || ''} /></h2>
      <p class="row"><Level level={of.level} /><span>through {throughWords(of.through)}</span></p>
      <p>{of.may_grant ? 'May grant it to this pipeline.' : of.why_not ?? 'May not grant it to this pipeline.'}</p>
    </div>
  );
}

function Answered({ workspace, path, hash }: { workspace: string; path: string; hash: string }) {
  const { data, error, reload } = useLoad<Answer>(path);
  if (error) return <Problem error={error} again={reload} />;
  if (!data) return <Waiting />;
  return (
    <div class="stack" aria-live="polite">
      <div class={`notice tone-${data.allowed ? 'good' : 'bad'}`}>
        <Icon name={data.allowed ? 'check' : 'lock'} />
        <div class="stack tight">
          <p class="strong">{data.allowed ? 'Allowed' : 'Denied'}: {plain(data.pipeline, 80)} {data.allowed ? 'may' : 'may not'} use <a class="inline" href={integrationPage(workspace, hash)}>{plain(data.integration, 120)}</a>{data.ref ? <> on <code class="chip">{plain(data.ref, 80)}</code></> : null}.</p>
          <p class="small dim">Decision {data.decision}, taken now at policy revision {data.revision}, and written to the audit log.</p>
        </div>
      </div>
      <h2>Every rule considered</h2>
      <Rules of={data} />
      {data.user ? <Person of={data.user} /> : null}
      <h2>Who can grant it</h2>
      {data.can_grant.length === 0 ? <p class="dim">Nobody that you may see.</p>
        : <ul class="row">{data.can_grant.map((g) => <li key={g.id} class="row"><Name text={g.who} /><span class="dim">({g.level})</span></li>)}</ul>}
    </div>
  );
}

export default function Why({ params, query }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const projects = useProjects(workspace).data ?? [];
  const project = query.get('project') ?? (projects.length === 1 ? projects[0]?.name ?? '' : '');
  const pipelines = usePipelinesOf(workspace, project).data ?? [];
  const integrations = useIntegrations(workspace).data ?? [];
  const members = useMembers(workspace).data ?? [];
  const [pipeline, integration, user, ref] = ['pipeline', 'integration', 'user', 'ref'].map((name) => query.get(name) ?? '') as [string, string, string, string];
  const chosen = integrations.find((i) => i.identifier === integration || i.hash_id === integration);
  const path = project !== '' && pipeline !== '' && chosen
    ? withQuery(own(`${pipelineAt({ workspace, project }, Number(pipeline))}/why/${encodeURIComponent(chosen.identifier)}`), { user, ref }) : null;
  return (
    <Page title="Why">
      <p class="dim">Whether a pipeline may use an integration right now, and because of which rule.</p>
      <div class="card padded why-form">
        <SelectField label="Project" value={project} onChange={(v) => setQuery({ project: v, pipeline: null })}
          choices={[{ value: '', label: 'Choose a project' }, ...projects.map((p) => ({ value: p.name, label: plain(p.display_name, 60) }))]} />
        <SelectField label="Pipeline" value={pipeline} onChange={(v) => setQuery({ project, pipeline: v })} disabled={project === ''}
          choices={[{ value: '', label: 'Choose a pipeline' }, ...pipelines.map((p) => ({ value: String(p.id), label: plain(p.name, 60) }))]} />
        <SelectField label="Integration" value={chosen?.identifier ?? ''} onChange={(v) => setQuery({ integration: v })}
          choices={[{ value: '', label: 'Choose an integration' }, ...integrations.map((i) => ({ value: i.identifier, label: plain(i.name, 60) }))]} />
        <SelectField label="Person" value={user} onChange={(v) => setQuery({ user: v })}
          choices={[{ value: '', label: 'Nobody in particular' }, ...members.map((m) => ({ value: String(m.id), label: plain(m.name || m.email || '', 60) }))]} />
        <Field label="Ref">
          {(tie) => <input {...tie} class="mono" placeholder="main" value={ref} onChange={(event) => setQuery({ ref: event.currentTarget.value.trim() })} />}
        </Field>
      </div>
      {path ? <Answered key={path} workspace={workspace} path={path} hash={chosen?.hash_id ?? ''} />
        : <Empty icon="question" title="Choose a pipeline and an integration">The answer names every rule, who can grant what is missing, and, where you name a person, what they may do.</Empty>}
    </Page>
  );
}
