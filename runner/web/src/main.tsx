// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import { App } from './app/app';
import { startRouter } from './app/router';
import { startShortcuts } from './app/shortcuts';
import { startTheme } from './app/theme';

startTheme();
startRouter();
startShortcuts();
render(<App />, document.getElementById('app') as HTMLElement);
