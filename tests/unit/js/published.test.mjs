import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { addressOf, fromFolder, fromWeb, isPermitted } from "../../../app/read/published.js";

const PAGE = "https://example.org/hushmark/index.html";
const PATH = "by-binding/org.hushmark.mark.1/01.json";

test("an address is taken whole or from the page on, and nothing else is", () => {
  for (const [typed, url] of [
    ["https://other.example/manifests", "https://other.example/manifests/"],
    [" https://other.example/ ", "https://other.example/"],
    ["manifests", "https://example.org/hushmark/manifests/"],
    ["/m/", "https://example.org/m/"],
  ]) {
    assert.equal(addressOf(typed, PAGE)?.href, url);
  }
  for (const typed of ["", "  ", "https://", "http://[", "file:///etc", "javascript:alert(1)"]) {
    assert.equal(addressOf(typed, PAGE), null, typed);
  }
});

test("only what the policy names may be asked besides the page's own origin", () => {
  const own = "https://example.org";
  const asked = (/** @type {string} */ address, /** @type {string} */ policy) =>
    isPermitted(new URL(address), policy, own);
  assert(asked("https://example.org/manifests/", "default-src 'self'; connect-src 'self'"));
  assert(!asked("https://other.example/", "default-src 'self'; connect-src 'self'"));
  assert(!asked("https://other.example/", "img-src https://other.example"));
  assert(asked("https://other.example/m/", "x; connect-src 'self' https://other.example; y"));
  assert(!asked("https://other.example:444/", "connect-src 'self' https://other.example"));
});

test("a folder is searched from wherever in it people begin", async () => {
  const file = (/** @type {string} */ path, size = 3) => ({
    name: path.slice(path.lastIndexOf("/") + 1),
    webkitRelativePath: path,
    size,
    arrayBuffer: async () => new Uint8Array([1, 2, 3]).buffer,
  });
  for (const start of ["", "manifests/", "site/manifests/"]) {
    const fetch = fromFolder([file("other.json"), file(start + PATH)]);
    assert.deepEqual(await fetch(PATH), new Uint8Array([1, 2, 3]));
    assert.equal(await fetch("manifests/x.c2pa"), null);
  }
  assert.equal(await fromFolder([file(`x${PATH}`)])(PATH), null);
  const alone = { ...file(PATH), webkitRelativePath: "" };
  assert.deepEqual(await fromFolder([alone])(PATH), new Uint8Array([1, 2, 3]));
  assert.equal(await fromFolder([alone])("manifests/1.json"), null);
  await assert.rejects(fromFolder([file(PATH, 1e9)])(PATH), /too large/);
});

test("what a host sends without end is given up when it is too much", async () => {
  let sent = 0;
  const server = createServer((_, response) => {
    const most = 80 << 20;
    const part = new Uint8Array(1 << 20);
    const send = () => {
      while (sent < most && !response.destroyed) {
        sent += part.length;
        if (!response.write(part)) return void response.once("drain", send);
      }
      response.end();
    };
    send();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  const address = server.address();
  assert(address && typeof address === "object");
  await assert.rejects(fromWeb(new URL(`http://127.0.0.1:${address.port}/`))(PATH), /too large/);
  server.close();
  server.closeAllConnections();
  assert(sent < 80 << 20, `${sent} bytes`);
});

test("a host is asked for the file, and what it answers instead is told apart", async () => {
  /** @type {Record<string, [number, string]>} */
  const answers = {
    [`/m/${PATH}`]: [200, "application/json"],
    "/m/page": [200, "text/html; charset=utf-8"],
    "/m/broken": [500, "text/plain"],
  };
  const server = createServer(({ url }, response) => {
    const [status, type] = answers[url ?? ""] ?? [404, "text/html"];
    response.writeHead(status, { "Content-Type": type }).end("{}");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  const address = server.address();
  assert(address && typeof address === "object");
  const fetch = fromWeb(new URL(`http://127.0.0.1:${address.port}/m/`));
  assert.equal(new TextDecoder().decode((await fetch(PATH)) ?? undefined), "{}");
  assert.equal(await fetch("page"), null);
  assert.equal(await fetch("missing"), null);
  await assert.rejects(fetch("broken"), /^Error: 500 /);
  server.close();
  server.closeAllConnections();
  await assert.rejects(fetch(PATH), TypeError);
});
