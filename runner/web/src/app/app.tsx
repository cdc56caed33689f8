// SPDX-License-Identifier: Apache-2.0
// Which page the address means, for whom.
import { Component, type ComponentChildren, type ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/http';
import { askWhoIAm, standing } from '../api/session';
import { SignIn } from '../pages/sign_in';
import { Empty, Problem, Waiting } from '../parts/states';
import { Page } from '../parts/page';
import { home } from './addresses';
import { Layout, Said, Toasts } from './layout';
import { forgetAll } from './load';
import { match } from './match';
import { routes, type PageProps, type Route } from './routes';
import { useStore } from './store';
import { useWhere } from './where';

const loaded = new Map<Route, ComponentType<PageProps>>();

function usePage(route: Route | null): ComponentType<PageProps> | ApiError | null {
  const [, redraw] = useState(0);
  const failed = useRef<{ route: Route; error: ApiError } | null>(null);
  useEffect(() => {
    if (route === null || loaded.has(route)) return;
    route.page().then((m) => { loaded.set(route, m.default); }, () => {
      // A newer server has other files: only a new page knows their names.
      failed.current = { route, error: new ApiError(0, 'This part of the page could not be loaded. Load the page anew.') };
    }).finally(() => redraw((n) => n + 1));
  }, [route]);
  if (route !== null && failed.current?.route === route) return failed.current.error;
  return route === null ? null : loaded.get(route) ?? null;
}

// A mistake of ours in one page leaves the rest usable.
class Guard extends Component<{ at: string; children: ComponentChildren }, { failed: string | null }> {
  override state: { failed: string | null } = { failed: null };
  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ failed: this.props.at });
  }
  override render() {
    if (this.state.failed === this.props.at)
      return <Problem error={new ApiError(0, 'This page has an error of its own. Load it anew; if it stays, tell whoever runs this server.')}
        what="This can’t be shown" again={() => location.reload()} />;
    return this.props.children;
  }
}

function NotHere() {
  return (
    <Page title="Not here">
      <Empty icon="question" title="There is no such page" actions={<a class="button primary" href={home}>Go to your workspaces</a>}>
        The address may be wrong, or what was here is gone, or you may not see it.
      </Empty>
    </Page>
  );
}

export function App() {
  const here = useWhere();
  const who = useStore(standing);
  const found = match(routes, here.path);
  const Shown = usePage(found?.route ?? null);
  useEffect(() => { void askWhoIAm(); }, []);
  const user = who.state === 'in' ? who.session.user.id : 0;
  useEffect(() => forgetAll, [user]);

  const body = Shown instanceof ApiError ? <Problem error={Shown} again={() => location.reload()} />
    : Shown === null ? <Waiting />
    : <Shown params={found?.params ?? {}} query={here.query} hash={here.hash} />;

  if (found?.route.open) return <><main class="alone" id="main">{body}</main><Toasts /><Said /></>;
  if (who.state === 'asking') return <Waiting />;
  if (who.state === 'unreachable')
    return <main class="alone" id="main"><Problem error={who.error} again={askWhoIAm} /></main>;
  if (who.state === 'out') return <><SignIn ended={who.ended} /><Said /></>;
  return (
    <Layout workspace={found?.params['workspace']}>
      <Guard at={here.path}>{found === null ? <NotHere /> : body}</Guard>
    </Layout>
  );
}
