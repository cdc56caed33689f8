// SPDX-License-Identifier: Apache-2.0
// Every page, as somebody comes to it, for the pictures and for what is asked of all of them. `ready` is a text that is
// there when the page is; `then` opens what stands behind a button.
const press = (name) => (page) => page.getByRole('button', { name }).first().click();

export function pages(t) {
  const w = '/app/acme';
  const i = (key, tab = '') => `${w}/integrations/${t.integrations[key].hash_id}${tab ? `/${tab}` : ''}`;
  const dialog = (page) => page.getByRole('dialog').waitFor();
  return [
    { name: 'sign-in', path: '/app/', as: null, ready: 'Sign in to Latchkey' },
    { name: 'password-link', path: '/app/password#code', as: null, ready: 'Set your password' },
    { name: 'integrations', path: `${w}/integrations`, as: 'ana', ready: 'GitHub releases' },
    { name: 'integration-new', path: `${w}/integrations/new`, as: 'ana', ready: 'Service',
      then: async (page) => page.getByLabel('Service').selectOption({ label: 'Amazon Web Services' }) },
    { name: 'integration-details', path: i('releases'), as: 'ana', ready: 'Granting needs' },
    { name: 'integration-edit', path: i('shop'), as: 'ana', ready: 'Granting needs', then: async (page) => { await press('Edit')(page); await dialog(page); } },
    { name: 'integration-delete', path: i('releases'), as: 'ana', ready: 'Granting needs', then: async (page) => { await press(/^Delete this/)(page); await dialog(page); } },
    { name: 'integration-permissions', path: i('releases', 'permissions'), as: 'ana', ready: 'Who ends up with what' },
    { name: 'integration-permissions-as-user', path: i('releases', 'permissions'), as: 'bo', ready: 'Everybody else' },
    { name: 'integration-pipelines', path: i('announce', 'pipelines'), as: 'ana', ready: 'refs/heads/*' },
    { name: 'integration-pipelines-none', path: i('releases', 'pipelines'), as: 'ana', ready: 'No pipeline may use it yet' },
    { name: 'integration-pipelines-all', path: i('shop', 'pipelines'), as: 'ana', ready: 'may use it.' },
    { name: 'integration-allow', path: i('releases', 'pipelines'), as: 'ana', ready: 'No pipeline may use it yet', then: async (page) => { await press('Allow a pipeline')(page); await dialog(page); } },
    { name: 'integration-replace', path: i('shop', 'pipelines'), as: 'ana', ready: 'may use it.', then: async (page) => { await press(/^Replace by/)(page); await dialog(page); } },
    { name: 'integration-usage', path: i('releases', 'usage'), as: 'ana', ready: 'Denied' },
    { name: 'integration-audit', path: i('announce', 'audit'), as: 'ana', ready: 'Integration added' },
    { name: 'why', path: `${w}/why`, as: 'ana', ready: 'Choose a pipeline and an integration' },
    { name: 'why-denied', path: `${w}/why?project=web&pipeline=${t.pipelines.deploy}&integration=github_releases&user=${t.people.bo}`, as: 'ana', ready: 'Every rule considered' },
    { name: 'audit', path: `${w}/audit`, as: 'ana', ready: 'Verify the chain', then: async (page) => { await press('Verify the chain')(page); await page.getByText('The chain is whole').waitFor(); } },
    { name: 'audit-as-user', path: `${w}/audit`, as: 'bo', ready: 'for administrators' },
    { name: 'people', path: `${w}/people`, as: 'ana', ready: 'Cy Contractor' },
    { name: 'people-link', path: `${w}/people`, as: 'ana', ready: 'Cy Contractor', then: async (page) => { await press('Password link for Eve Reader')(page); await dialog(page); },
      hide: 'textarea.once' },
    { name: 'people-as-user', path: `${w}/people`, as: 'bo', ready: 'Cy Contractor' },
    { name: 'groups', path: `${w}/groups`, as: 'ana', ready: 'Release managers' },
    { name: 'group', path: `${w}/groups/${t.group}`, as: 'ana', ready: 'Put into the group' },
    { name: 'roles', path: `${w}/people/roles`, as: 'ana', ready: 'Always there' },
    { name: 'roles-in-projects', path: `${w}/people/projects?project=web`, as: 'ana', ready: 'Give the role' },
    { name: 'tokens', path: `${w}/people/tokens`, as: 'bo', ready: 'You have no access tokens' },
    { name: 'token-new', path: `${w}/people/tokens`, as: 'bo', ready: 'You have no access tokens', then: async (page) => { await press('Make a token')(page); await dialog(page); } },
    { name: 'settings', path: `${w}/settings`, as: 'ana', ready: 'Your password' },
    { name: 'variables', path: `${w}/variables`, as: 'ana', ready: 'NPM_REGISTRY' },
    { name: 'variable-new', path: `${w}/variables`, as: 'ana', ready: 'NPM_REGISTRY', then: async (page) => { await press('Add a variable')(page); await dialog(page); } },
    { name: 'sign-on', path: `${w}/sso`, as: 'ana', ready: 'Protocol' },
    { name: 'webhooks', path: `${w}/webhooks`, as: 'ana', ready: 'hooks.acme.test' },
    { name: 'not-here', path: `${w}/web/nothing/at/all`, as: 'ana', ready: 'There is no such page' },
  ];
}
