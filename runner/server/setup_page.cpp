// SPDX-License-Identifier: Apache-2.0
#include "runner/server/setup_page.hpp"

#include <string_view>

namespace latchkey::server {

namespace {

constexpr std::string_view page = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Latchkey: the first owner</title>
<style nonce="{nonce}">
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem; }
  label { display: block; margin: 1rem 0 .25rem; }
  input { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem; }
  button { font: inherit; margin-top: 1.5rem; padding: .4rem 1rem; }
  a { display: inline-block; margin: 1rem 0; }
  small { display: block; }
  @media (prefers-color-scheme: dark) { :root { color-scheme: dark; } }
  code { display: block; padding: .75rem; background: #eee; color: #111; overflow-wrap: anywhere; }
</style>
<h1>The first owner</h1>
<form id="form">
  <label for="email">Your e-mail address</label>
  <input id="email" type="email" required autocomplete="email">
  <label for="name">Your name</label>
  <input id="name" autocomplete="name">
  <label for="password">A password to sign in with: at least 12 characters</label>
  <input id="password" type="password" required minlength="12" autocomplete="new-password">
  <label for="workspace">Your workspace: small letters, digits and dashes</label>
  <input id="workspace" required pattern="[a-z0-9][a-z0-9\-]*">
  <button>Make it mine</button>
</form>
<p id="said" role="status"></p>
<code id="token" hidden></code>
<a id="page" href="/app/" hidden>Open Latchkey</a>
<script nonce="{nonce}">
  'use strict';
  const of = (id) => document.getElementById(id);
  const code = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  if (!code) of('said').textContent = 'Open the link as the server printed it, with what stands after the #.';
  const post = (to, body) => fetch(to, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  of('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const [email, password] = [of('email').value, of('password').value];
    const body = { code, email, password, name: of('name').value, workspace: of('workspace').value };
    try {
      const reply = await post(location.pathname, body);
      const answer = await reply.json();
      if (!reply.ok) throw new Error(answer.errors[0].message);
      of('form').hidden = true;
      await post('/latchkey/v1/session', { email, password });
      of('said').textContent = 'You own this server. For programs, this is your access token; it is shown this once:';
      of('token').textContent = answer.token;
      of('token').hidden = false;
      of('page').hidden = !{page};
      of('page').focus();
    } catch (error) {
      of('said').textContent = error.message;
    }
  });
</script>
</html>
)";

}  // namespace

std::string setup_page(const std::string& nonce, bool leads_to_page) {
    std::string text(page);
    const auto fill = [&text](std::string_view place, const std::string& with) {
        for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at))
            text.replace(at, place.size(), with);
    };
    fill("{nonce}", nonce);
    fill("{page}", leads_to_page ? "true" : "false");
    return text;
}

}  // namespace latchkey::server
