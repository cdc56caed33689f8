// SPDX-License-Identifier: Apache-2.0
// A part that is drawn again only when what it is given has changed.
import { Component, type ComponentType } from 'preact';

function same(a: object, b: object): boolean {
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(x);
  return names.length === Object.keys(y).length && names.every((name) => Object.is(x[name], y[name]));
}

export function memo<P extends object>(Part: ComponentType<P>): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean { return !same(this.props, next); }
    override render() { return <Part {...(this.props as P)} />; }
  };
}
