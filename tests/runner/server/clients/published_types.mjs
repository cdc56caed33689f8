// SPDX-License-Identifier: Apache-2.0
// Holds what the server answers against the types of Buddy's REST API that its own npm package @buddy-works/unit-tests
// publishes: node published_types.mjs URL TOKEN REPOSITORY. Says "ok N" after N answers in which each field that the types know
// has its type, no word is one that they don't know, and nothing is missing but what is named here with its reason.
import ts from 'typescript';

const [base, token, repository] = process.argv.slice(2);
const wrong = new Set();

// Not ours: boxes of other products, fields that only requests have, and settings of pipelines older than their events.
const notOurs = new Set([
    'PipelineView.actions', // have an address of their own
    'PipelineView.change_set_base', 'PipelineView.clear_cache', 'PipelineView.environments', 'PipelineView.packages',
    'PipelineView.targets', 'PipelineView.variables', 'PipelineView.trigger_condition', 'PipelineView.trigger_condition_paths',
    'PipelineView.trigger_days', 'PipelineView.trigger_group', 'PipelineView.trigger_hours', 'PipelineView.trigger_pipeline_name',
    'PipelineView.trigger_project_name', 'PipelineView.trigger_user', 'PipelineView.trigger_variable_key',
    'PipelineView.trigger_variable_value', 'PipelineView.zone_id',
    'AccessTokenView.expires_in', 'AccessTokenView.token', // never again after it was made
    'CommitView.files', 'CommitView.stats', 'CommitView.tags',
    'ActionExecutionView.target', 'ActionExecutionView.visual_tests_output', 'ExecutionView.logs_removed',
]);

async function ask(method, path, body) {
    const reply = await fetch(base + path, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await reply.text();
    if (reply.status >= 400) wrong.add(`${method} ${path}: ${reply.status} ${text.slice(0, 200)}`);
    return text ? JSON.parse(text) : null;
}

const file = new URL('node_modules/@buddy-works/unit-tests/dist/api/types/rest.d.ts', import.meta.url).pathname;
const program = ts.createProgram([file], { strict: true });
const checker = program.getTypeChecker();
let components;
ts.forEachChild(program.getSourceFile(file), (node) => {
    if (node.name?.text === 'components') components = node;
});
const schemas = checker.getTypeOfSymbolAtLocation(checker.getTypeAtLocation(components).getProperty('schemas'), components);
const parts = (type) => (type.isUnion() ? type.types : [type]);

function kind(type) {
    if (type.flags & ts.TypeFlags.StringLike) return 'string';
    if (type.flags & ts.TypeFlags.NumberLike) return 'number';
    if (type.flags & ts.TypeFlags.BooleanLike) return 'boolean';
    if (type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) return 'nothing';
    return checker.isArrayType(type) ? 'array' : 'object';
}

function hold(value, type, path, depth) {
    if (value === null || depth > 6) return;
    const is = Array.isArray(value) ? 'array' : typeof value;
    const fits = parts(type).filter((each) => kind(each) === is);
    if (fits.length === 0) {
        wrong.add(`${path} is of the type ${is}`);
        return;
    }
    if (is === 'string') {
        const words = fits.filter((each) => each.value !== undefined);
        if (words.length === fits.length && !words.some((each) => each.value === value)) wrong.add(`${path} is ${value}`);
    }
    if (is === 'array') for (const each of value) hold(each, checker.getTypeArguments(fits[0])[0], `${path}[]`, depth + 1);
    if (is !== 'object') return;
    for (const field of fits[0].getProperties()) {
        const place = `${path}.${field.name}`;
        if (field.name in value) hold(value[field.name], checker.getTypeOfSymbolAtLocation(field, components), place, depth + 1);
        else if (depth === 0 && !notOurs.has(place)) wrong.add(`${place} is missing`);
    }
}

let held = 0;
async function answers(name, method, path, body) {
    const value = await ask(method, path, body);
    const symbol = schemas.getProperty(name);
    if (!symbol) throw new Error(`the package has no type ${name}`);
    hold(value, checker.getTypeOfSymbolAtLocation(symbol, components), name, 0);
    ++held;
    return value;
}

const w = '/workspaces/acme';
await answers('UserView', 'GET', '/user');
await answers('UserEmailsView', 'GET', '/user/emails');
await answers('PublicSSHKeysView', 'GET', '/user/keys');
await answers('AccessTokensView', 'GET', '/user/tokens');
await answers('AccessTokenView', 'GET', '/user/token');
await answers('WorkspacesView', 'GET', '/workspaces');
await answers('WorkspaceView', 'GET', w);
const member = await answers('WorkspaceMemberView', 'POST', `${w}/members`, { email: 'bo@acme.test' });
await answers('WorkspaceMembersView', 'GET', `${w}/members`);
const group = await answers('GroupView', 'POST', `${w}/groups`, { name: 'g', description: 'd' });
await answers('GroupsView', 'GET', `${w}/groups`);
await answers('GroupMemberView', 'POST', `${w}/groups/${group.id}/members`, { id: member.id, status: 'MANAGER' });
await answers('GroupMembersView', 'GET', `${w}/groups/${group.id}/members`);
const set = await answers('PermissionSetView', 'POST', `${w}/permissions`, {
    name: 's', pipeline_access_level: 'RUN_ONLY', repository_access_level: 'READ_ONLY', sandbox_access_level: 'DENIED',
    project_team_access_level: null, environment_access_level: 'USE_ONLY', package_access_level: 'READ_ONLY',
});
await answers('PermissionSetsView', 'GET', `${w}/permissions`);
await answers('ProjectView', 'POST', `${w}/projects`, { display_name: 'Typed', custom_repo_url: repository });
await answers('ProjectView', 'GET', `${w}/projects/typed`);
await answers('ProjectsView', 'GET', `${w}/projects`);
const p = `${w}/projects/typed`;
await answers('ProjectMemberView', 'POST', `${p}/members`, { id: member.id, permission_set: { id: set.id } });
await answers('ProjectMembersView', 'GET', `${p}/members`);
await answers('ProjectGroupView', 'POST', `${p}/groups`, { id: group.id, permission_set: { id: set.id } });
await answers('ProjectGroupsView', 'GET', `${p}/groups`);
await answers('ProjectsView', 'GET', `${w}/members/${member.id}/projects`);
await answers('PipelineView', 'POST', `${p}/pipelines`, {
    name: 'deploy', refs: ['refs/heads/main'], events: [{ type: 'PUSH', refs: ['refs/heads/main'] }],
    trigger_conditions: [{ trigger_condition: 'VAR_IS', trigger_variable_key: 'a', trigger_variable_value: 'b' }],
});
const yaml = '- pipeline: simple\n  actions:\n    - {action: A, type: BUILD, execute_commands: ["echo hello"]}\n';
const pipeline = await answers('PipelineView', 'POST', `${p}/pipelines`, { name: 'simple', yaml });
const at = `${p}/pipelines/${pipeline.id}`;
await answers('PipelineYamlView', 'GET', `${at}/yaml`);
await answers('PipelineView', 'PATCH', `${at}/yaml`, { yaml });
await answers('ActionsView', 'GET', `${at}/actions`);
await answers('IdsView', 'GET', `${w}/identifiers?project=typed&pipeline=simple`);
const run = await answers('ExecutionView', 'POST', `${at}/executions`, { to_revision: { revision: 'HEAD' }, comment: 'c' });
for (let status = ''; !['SUCCESSFUL', 'FAILED'].includes(status);) {
    ({ status } = await ask('GET', `${at}/executions/${run.id}`));
}
const ended = await answers('ExecutionView', 'GET', `${at}/executions/${run.id}`);
await answers('ExecutionsView', 'GET', `${at}/executions`);
const action = ended.action_executions[0].action_execution_id;
await answers('ActionExecutionView', 'GET', `${at}/executions/${run.id}/action_executions/${action}`);
await answers('PipelineView', 'GET', at); // with a last run
await answers('PipelinesView', 'GET', `${p}/pipelines`);
await answers('VariableView', 'POST', `${w}/variables`, { key: 'K', value: 'v', type: 'VAR', project: { name: 'typed' } });
await answers('VariableView', 'POST', `${w}/variables`, { key: 'K', value: 'v', pipeline: { id: pipeline.id } });
await answers('VariablesView', 'GET', `${w}/variables`);
await answers('VariablesView', 'GET', `${w}/variables?projectName=typed`);
await answers('WebhookView', 'POST', `${w}/webhooks`, {
    target_url: 'https://x.example.test/', secret_key: 'k', events: ['PUSH'], projects: ['typed'],
});
await answers('WebhooksView', 'GET', `${w}/webhooks`);
const environment = await answers('EnvironmentView', 'POST', `${p}/environments`, {
    name: 'e', identifier: 'e', tags: ['a'], permissions: { others: 'USE_ONLY', users: [{ id: member.id, access_level: 'MANAGE' }] },
});
await answers('EnvironmentView', 'PATCH', `${p}/environments/${environment.id}`, { all_pipelines_allowed: false });
await answers('EnvironmentsView', 'GET', `${p}/environments`);
await answers('EnvironmentsView', 'GET', `${w}/environments`);
await answers('IntegrationView', 'POST', `${w}/integrations`, {
    name: 'aws', type: 'AMAZON', scope: 'WORKSPACE', access_key: 'a', secret_key: 'b', all_pipelines_allowed: false,
    allowed_pipelines: [{ id: pipeline.id }],
    permissions: { admins: 'MANAGE', others: 'USE_ONLY', users: [{ id: member.id, access_level: 'DENIED' }] },
});
await answers('IntegrationsView', 'GET', `${w}/integrations`);
await ask('POST', `${w}/enable-sso`);
await answers('SSOView', 'GET', `${w}/sso`);
await answers('CommittedFileView', 'POST', `${p}/repository/contents`, { path: '/new.txt', content: 'YQ==', message: 'm' });
await answers('CommittedFileView', 'PUT', `${p}/repository/contents/new.txt`, { content: 'Yg==', message: 'm' });
await answers('RepositoryContentsView', 'GET', `${p}/repository/contents/`);
await answers('RepositoryContentView', 'GET', `${p}/repository/contents/new.txt`);
await answers('BranchesView', 'GET', `${p}/repository/branches`);
await answers('BranchView', 'GET', `${p}/repository/branches/main`);
await answers('TagsView', 'GET', `${p}/repository/tags`);
await answers('TagView', 'GET', `${p}/repository/tags/v1`);
await answers('CommitsView', 'GET', `${p}/repository/commits`);
await answers('CommitView', 'GET', `${p}/repository/commits/HEAD`);

for (const each of [...wrong].sort()) console.log(each);
console.log(wrong.size === 0 ? `ok ${held}` : 'not ok');
process.exit(wrong.size === 0 ? 0 : 1);
