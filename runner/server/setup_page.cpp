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
  code { display: block; padding: .75rem; background: #eee; color: #111; overflow-wrap: anywhere; }
</style>
<h1>The first owner</h1>
<form id="form">
  <label for="email">Your e-mail address</label>
  <input id="email" type="email" required autocomplete="email">
  <label for="name">Your name</label>
  <input id="name" autocomplete="name">
  <label for="workspace">Your workspace: small letters, digits and dashes</label>
  <input id="workspace" required pattern="[a-z0-9][a-z0-9\-]*">
  <button>Make it mine</button>
</form>
<p id="said" role="status"></p>
<code id="token" hidden></code>
<script nonce="{nonce}">
  'use strict';
  const of = (id) => document.getElementById(id);
  const code = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  if (!code) of('said').textContent = 'Open the link as the server printed it, with what stands after the #.';
  of('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const body = { code, email: of('email').value, name: of('name').value, workspace: of('workspace').value };
    try {
      const reply = await fetch(location.pathname, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
      });
      const answer = await reply.json();
      if (!reply.ok) throw new Error(answer.errors[0].message);
      of('form').hidden = true;
      of('said').textContent = 'You own this server. This is your access token; it is shown this once:';
      of('token').textContent = answer.token;
      of('token').hidden = false;
    } catch (error) {
      of('said').textContent = error.message;
    }
  });
</script>
</html>
)";

}  // namespace

std::string setup_page(const std::string& nonce) {
    constexpr std::string_view place = "{nonce}";
    std::string text(page);
    for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at)) {
        text.replace(at, place.size(), nonce);
    }
    return text;
}

}  // namespace latchkey::server
